"""What is left of a budget, how fast it burns, and when somebody is told: by numbers alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from jobs.objectives.burning import NAMES, SPANS, WINDOWS, Burning, Pace, Starts, worst

BY_NAME = {name: span for span, name in NAMES.items()}
counts = some.tuples(some.integers(0, 10_000), some.integers(0, 10_000)).map(lambda two: Starts(max(two), min(two)))


MOSTLY_GOOD = Starts(100_000, 10)


def burning(whole: Starts = MOSTLY_GOOD, *, days: int = 30, **spans: Starts) -> Burning:
    found = {span: Starts(1000, 0) for span in SPANS} | {BY_NAME[name.lstrip("_")]: one for name, one in spans.items()}
    return Burning(0.001, days, whole, found)


def test_the_rates_are_those_of_the_workbook() -> None:
    assert [round(one.rate(30), 6) for one in WINDOWS] == [14.4, 6.0, 1.0]
    assert [one.long / one.short for one in WINDOWS] == [12, 12, 12]
    assert [round(one.rate(7), 6) for one in WINDOWS] == [3.36, 1.4, 1.0]


@pytest.mark.parametrize(
    ("whole", "left", "reached"),
    [(Starts(), 1, None), (Starts(1000, 0), 1, 1), (Starts(10_000, 5), 0.5, 0.9995), (Starts(1000, 2), -1, 0.998)],
)
def test_what_is_left(whole: Starts, left: float, reached: float | None) -> None:
    found = burning(whole)
    assert found.left == pytest.approx(left)
    assert found.reached == (None if reached is None else pytest.approx(reached))
    assert (Pace.SPENT in found.too_fast) == (left <= 0)


def test_a_fast_burn_is_told_while_both_windows_see_it() -> None:
    fast, good = Starts(1000, 15), Starts(1000, 14)
    assert burning(_1h=fast, _5m=fast).too_fast == {Pace.FAST}
    assert burning(_1h=fast, _5m=good).too_fast == set(), "it burns no longer"
    assert burning(_1h=good, _5m=fast).too_fast == set(), "a spike that has cost little"
    assert burning(_6h=Starts(1000, 6), _30m=Starts(1000, 6)).too_fast == {Pace.FAST}
    assert burning(_3d=Starts(10_000, 10), _6h=Starts(1000, 1)).too_fast == {Pace.SLOW}


def test_one_late_start_is_no_rate() -> None:
    assert burning(_1h=Starts(1, 1), _5m=Starts(1, 1)).too_fast == set()
    assert burning(_1h=Starts(2, 2), _5m=Starts(1, 1)).too_fast == {Pace.FAST}


def test_the_worst_is_looked_at_first() -> None:
    assert worst([Pace.SLOW, Pace.SPENT, Pace.FAST]) == Pace.FAST
    assert worst([Pace.SLOW, Pace.SPENT]) == Pace.SPENT
    assert worst([]) is None


@given(counts, some.integers(7, 31), some.integers(1, 100))
def test_more_late_starts_never_leave_more_nor_burn_less(one: Starts, days: int, more: int) -> None:
    later = Starts(one.starts + more, one.late + more)
    span = SPANS[0]
    before = Burning(0.001, days, one, {span: one})
    after = Burning(0.001, days, later, {span: later})
    assert after.left <= before.left
    assert after.rate(span) >= before.rate(span)
    assert Burning(0.001, days, one, {}).rate(timedelta(hours=1)) == 0
