"""make bench-create: what it sends, how it counts, and what it shows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from jobs.workbooks import reading
from verification.benchmark.creating import card
from verification.benchmark.creating.callers import FORMS
from verification.benchmark.creating.options import checked
from verification.benchmark.creating.run import OURS, THEIRS, Created, Result
from verification.benchmark.machine import Machine
from verification.benchmark.options import ARGUMENTS, OptionError

NOTHING = dict.fromkeys(ARGUMENTS)
SENT = [{"target": "demo.noop", "payload": {"a": 1}, "run_at": "2099-01-01T00:00:00Z", "name": "n"}] * 2


def run(build: str, requests: int, seconds: float, lines: tuple[float, int] | None) -> Created:
    bulks = {
        "JSON": (seconds, 1),
        "lines of JSON": lines,
        "CSV": None,
        "CSV, looked at first": None,
        "workbook, looked at first": None,
    }
    return Created(build, requests, 2.0, 3.25, 10.0, 20.0, bulks)


def test_each_form_has_the_same_jobs() -> None:
    assert json.loads(FORMS["JSON"][1](SENT)) == {"jobs": SENT}
    assert [json.loads(line) for line in FORMS["lines of JSON"][1](SENT).splitlines()] == SENT
    rows = list(csv.DictReader(io.StringIO(FORMS["CSV"][1](SENT).decode())))
    assert [{**row, "payload": json.loads(row["payload"])} for row in rows] == SENT
    head, *others = [row.cells for row in reading.read(FORMS["workbook, looked at first"][1](SENT)).rows]
    assert [dict(zip(head, row, strict=True)) for row in others] == [{**one, "payload": '{"a":1}'} for one in SENT]


def test_the_table_has_the_medians_of_each_build() -> None:
    machine = Machine(cores=2, load=0.1, python="3.11", celery="5.7", postgresql="18", broker="Valkey 9")
    runs = [run(OURS, n, n / 1000, (0.5, 1)) for n in (500, 700, 600)] + [run(THEIRS, 100, 7.5, None)]
    result = Result(checked(NOTHING), machine, Path("logs"), runs)
    console = Console(width=110, record=True, file=io.StringIO())
    card.show(result, console)
    text = console.export_text()
    assert result.passed
    assert [line.split() for line in text.splitlines() if "requests/s" in line] == [
        ["POST", "of", "one", "job,", "requests/s", "300", "50"]
    ]
    assert "0.60 (1)" in text
    assert "7.50 (1)" in text
    assert json.loads(json.dumps(result.as_json()))["runs"][0]["per_second"] == 250


@pytest.mark.parametrize(("given", "says"), [({"jobs": 100_001}, "--jobs"), ({"against": "/nowhere"}, "--against")])
def test_what_makes_no_sense_is_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        checked(NOTHING | given)
