"""make bench-forecast: its load, and how it compares a forecast with what happened."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from verification.benchmark.foreseen import card
from verification.benchmark.foreseen.options import checked
from verification.benchmark.foreseen.plan import LONGEST, OVERLOADED_EACH, SHORTEST, plan
from verification.benchmark.foreseen.result import Compared, Minute, Result, compare
from verification.benchmark.machine import Machine
from verification.benchmark.options import ARGUMENTS, OptionError

NOTHING = dict.fromkeys(ARGUMENTS)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def minutes(*pairs: tuple[float, float]) -> Compared:
    """Minutes with these delays in seconds, as forecast and as they were."""
    return Compared([Minute(at(n), 3, 1000 * forecast, 1000 * was) for n, (forecast, was) in enumerate(pairs)])


def test_the_load_is_the_same_for_a_seed_and_has_an_overload_each_third_minute() -> None:
    due = plan(6, 4, 7)
    assert due == plan(6, 4, 7) != plan(6, 4, 8)
    assert due == sorted(due)
    assert all(SHORTEST <= one.lasts <= LONGEST for one in due)
    together = [
        max(sum(one.at == at for one in due) for at in {one.at for one in due if one.at // 60 == n}) for n in range(6)
    ]
    for minute, number in enumerate(together):
        assert (number >= 12) == (minute % OVERLOADED_EACH == 0), "three a slot"


def test_minutes_are_named_rightly_or_not() -> None:
    found = minutes((5, 4), (0, 0), (3, 0.5), (0.2, 2), (20, 16))
    assert (found.foreseen, found.late, found.both) == (3, 3, 2)
    assert (round(found.precision, 2), round(found.recall, 2)) == (0.67, 0.67)
    assert (found.ratio, found.ratios) == (1.25, [1.25, 1.25])
    assert not found.holds


def test_it_holds_where_all_are_named_and_the_greatest_delay_is_within_a_factor_of_two() -> None:
    assert minutes((5, 4), (0, 0)).holds
    assert not minutes((9, 4), (0, 0)).holds
    assert not minutes((2, 4.1), (0, 0)).holds
    assert minutes((8, 4)).holds


def test_only_minutes_in_which_anything_was_due_are_compared() -> None:
    found = compare({at(0): (2, 1500.0), at(5): (0, 0.0)}, {at(0): (2, 1200.0), at(1): (1, 3.0)})
    assert found.minutes == [Minute(at(0), 2, 1500.0, 1200.0), Minute(at(1), 1, 0.0, 3.0)]


def test_the_card_says_the_verdict_and_the_worst_minutes() -> None:
    machine = Machine(cores=2, load=0.1, python="3.11", celery="5.7", postgresql="18", broker="Valkey 9")
    result = Result(
        checked(NOTHING | {"seed": 7}), machine, Path("logs"), 2.0, ["12:00 needs 9"], minutes((5, 4), (0, 0))
    )
    console = Console(width=200, record=True, file=io.StringIO())
    card.show(result, console)
    text = console.export_text()
    assert "1 of 2 minutes were overloaded; 1 were named, 1 rightly: precision 1.00, recall 1.00." in text
    assert (
        "The greatest delay: forecast 5.0 s, measured 4.0 s, ratio 1.25, of each overloaded minute 1.25 to 1.25."
        in text
    )
    assert result.as_json()["ratio"] == 1.25
    assert result.passed
    result.flaws.append("job 7 is failed")
    assert not result.passed


def test_options() -> None:
    assert checked(NOTHING).minutes == 60
    with pytest.raises(OptionError, match="--minutes"):
        checked(NOTHING | {"minutes": 0})
    with pytest.raises(OptionError, match="--jobs means nothing with --forecast"):
        checked(NOTHING | {"jobs": 5})
