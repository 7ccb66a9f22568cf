"""make bench-profile: what it counts as looking, and what it shows."""

from __future__ import annotations

import io
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from verification.benchmark.machine import Machine
from verification.benchmark.options import ARGUMENTS, OptionError
from verification.benchmark.profile import card
from verification.benchmark.profile.options import checked
from verification.benchmark.profile.rooms import REST, counted
from verification.benchmark.profile.run import Profile

NOTHING = dict.fromkeys(ARGUMENTS)
MACHINE = Machine(cores=2, load=0.1, python="3.11", celery="5.7", postgresql="18", broker="Valkey 9")
STACKS = (
    "run (/x/jobs/worker/run/runner.py:3);emit (/x/jobs/events/__init__.py:23);<lambda> (/x/jobs/metrics/counting.py:9) 3",
    "run (/x/jobs/worker/run/runner.py:3);emit (/x/jobs/events/__init__.py:23);info (/usr/lib/logging/__init__.py:4) 5",
    "turn (/x/jobs/scheduler/sweeper.py:7);add_figures (/x/jobs/scheduler/rollups.py:8);execute (/y/psycopg/cursor.py:1) 2",
    "view (/x/jobs/monitor/metrics_page.py:3);take (/x/jobs/forecast/soon.py:8) 4",
    "main (/a folder/jobs/worker/arm/armer.py:3) 86",
    "",
)


def profile(samples: Counter[str], **of_load: Any) -> Profile:
    facts = {
        "flaws": [],
        "problems": [],
        "warnings": [],
        "stolen": 0.0,
        "logs": "l",
        "machine": MACHINE,
        "passed": True,
    }
    load: Any = SimpleNamespace(options=checked(NOTHING), **(facts | of_load))
    return Profile(load, {"worker": samples, "beat": Counter({REST: 100})})


def test_a_sample_is_of_the_innermost_room() -> None:
    assert counted(STACKS) == {"metrics": 7, "events": 5, "roll-ups": 2, REST: 86}


def test_the_table_has_the_shares_of_each_kind_of_process() -> None:
    found = profile(counted(STACKS))
    console = Console(width=110, record=True, file=io.StringIO())
    card.show(found, console)
    lines = [line.split() for line in console.export_text().splitlines()]
    assert ["worker", "100", "5.00%", "7.00%", "2.00%", "86.00%"] in lines
    assert ["all", "200", "2.50%", "3.50%", "1.00%", "93.00%"] in lines
    assert found.share == pytest.approx(0.07)
    assert not found.passed


def test_it_passes_with_two_in_a_hundred_and_a_load_that_was_as_promised() -> None:
    few = Counter({"events": 4, REST: 96})
    assert profile(few).passed
    assert not profile(few, passed=False).passed


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(OptionError, match="--hold means nothing with --profile"):
        checked(NOTHING | {"hold": 5})
