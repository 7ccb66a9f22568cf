"""What is said of overloads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.forecast.overloads import lasting, overloads, said
from jobs.forecast.simulation import Stretch

AT = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (40_200, "41 s"),
        (119_000, "119 s"),
        (120_000, "2 min"),
        (200_000, "3 min 20 s"),
        (7_200_000, "2 h"),
        (7_500_000, "2 h 5 min"),
    ],
)
def test_lengths(milliseconds: int, words: str) -> None:
    assert lasting(milliseconds) == words


def test_a_sentence() -> None:
    assert (
        said(AT, 30, 23, 8, 41_000, together=False, with_day=False) == "12:00 needs 23 slots, has 8: delays up to 41 s."
    )
    assert "has 8, and not alone: delays" in said(AT, 30, 23, 8, 41_000, together=True, with_day=False)


def test_stretches_in_a_row_are_one_overload() -> None:
    late = Stretch(starts=5, needed=9, work=100, delay=2_000)
    found = overloads(
        "a b",
        {1: late, 2: late, 3: Stretch(starts=1), 5: Stretch(starts=2, needed=12, delay=1_001), 6: Stretch(delay=1_000)},
        slots=4,
        base=AT,
        length=60_000,
        work={1: 100_000, 2: 100_000},
        together=False,
        places=10,
        with_day=False,
    )
    first, second = found
    assert (first.first, first.last, first.starts, first.needs) == (1, 2, 10, 9)
    assert first.spread == 120
    assert first.command.endswith("-c 5 -n more@%h -Q 'a b'")
    assert (second.first, second.last, second.needs) == (5, 5, 12)


def test_what_never_fits_is_not_to_be_spread() -> None:
    (found,) = overloads(
        "a",
        {9: Stretch(starts=5, needed=9, delay=2_000)},
        slots=1,
        base=AT,
        length=60_000,
        work={9: 600_000},
        together=False,
        places=10,
        with_day=False,
    )
    assert found.spread is None
