"""Hours that go over midnight: a night is of the day on which it begins."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.calendars import (
    WORKDAYS,
    OwnRange,
    Snapshot,
    is_open,
    next_opening,
    openings,
    place,
    previous_open,
    problems,
    why_closed,
)
from jobs.states import Blackout
from tests.calendars.moments import wall

NIGHTS = Snapshot("nights", time_zone="Europe/Berlin", days=WORKDAYS, open_from=time(22), open_until=time(6))


def berlin(text: str) -> datetime:
    return wall(text, "Europe/Berlin")


def test_it_is_a_sound_calendar() -> None:
    assert problems(NIGHTS) == {}


@pytest.mark.parametrize(
    ("at", "closed"),
    [
        ("2026-12-01T21:59:59", "between its hours, which are 22:00 to 06:00"),
        ("2026-12-01T22:00", None),
        ("2026-12-02T00:00", None),
        ("2026-12-02T05:59:59", None),
        ("2026-12-02T06:00", "between its hours, which are 22:00 to 06:00"),
        ("2026-12-05T05:00", None),  # Saturday morning: of Friday's night
        ("2026-12-05T23:00", "closed in the night that begins on a Saturday"),
        ("2026-12-07T05:00", "closed in the night that begins on a Sunday"),
        ("2026-12-07T22:00", None),
    ],
)
def test_the_morning_is_of_the_night_before(at: str, closed: str | None) -> None:
    assert why_closed(NIGHTS, berlin(at)) == closed


def test_a_holiday_closes_the_night_that_begins_on_it() -> None:
    calendar = Snapshot("n", "Europe/Berlin", open_from=time(22), open_until=time(6), holidays_of="DE")
    assert is_open(calendar, berlin("2027-01-01T05:00"))
    assert why_closed(calendar, berlin("2027-01-01T22:00")).startswith("holiday")
    assert why_closed(calendar, berlin("2027-01-02T05:00")).startswith("holiday")


def test_openings_are_whole_nights() -> None:
    found = openings(NIGHTS, berlin("2026-12-04T12:00"), berlin("2026-12-08T12:00"))
    assert [(one.start, one.end) for one in found] == [
        (berlin("2026-12-04T22:00"), berlin("2026-12-05T06:00")),
        (berlin("2026-12-07T22:00"), berlin("2026-12-08T06:00")),
    ]
    assert next_opening(NIGHTS, berlin("2026-12-05T06:00")) == berlin("2026-12-07T22:00")
    assert previous_open(NIGHTS, berlin("2026-12-07T21:00")) == berlin("2026-12-05T06:00") - timedelta(milliseconds=1)


@pytest.mark.parametrize(("evening", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-12-24", 8)])
def test_the_night_on_which_clocks_change_is_an_hour_shorter_or_longer(evening: str, hours: int) -> None:
    calendar = Snapshot("n", "Europe/Berlin", open_from=time(22), open_until=time(6))
    (one,) = openings(calendar, berlin(f"{evening}T12:00"), berlin(f"{evening}T12:00") + timedelta(days=1))
    assert one.end - one.start == timedelta(hours=hours)


def test_the_time_from_which_a_job_was_moved_is_given_in_utc() -> None:
    asked = datetime.fromisoformat("2026-12-01T12:00:00+09:00")
    placed = place(NIGHTS, Blackout.NEXT, asked, now=asked, leeway=timedelta(0))
    assert placed.run_at == berlin("2026-12-01T04:00")
    assert placed.why == ""
    asked = datetime.fromisoformat("2026-12-01T18:00:00+09:00")
    placed = place(NIGHTS, Blackout.NEXT, asked, now=asked, leeway=timedelta(0))
    assert placed.why.startswith("Moved from 2026-12-01 09:00:00 UTC by")


@settings(max_examples=100, deadline=None)
@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    opens=st.integers(1, 23),
    closes=st.integers(0, 22),
    start=st.integers(0, 24 * 7),
)
def test_openings_are_what_a_look_at_each_hour_finds(days: frozenset[int], opens: int, closes: int, start: int) -> None:
    closes = closes % opens
    calendar = Snapshot(
        "n",
        days=days,
        open_from=time(opens),
        open_until=time(closes),
        ranges=(OwnRange(datetime(2026, 12, 3, 1), datetime(2026, 12, 3, 3)),),  # noqa: DTZ001
    )
    begin = datetime(2026, 11, 30, tzinfo=UTC) + timedelta(hours=start)
    found = openings(calendar, begin, begin + timedelta(days=8))
    for hour in range(8 * 24):
        at = begin + timedelta(hours=hour)
        evening = at if at.hour >= opens else at - timedelta(days=1)
        is_night = at.hour >= opens or at.hour < closes
        in_range = at.date() == datetime(2026, 12, 3, tzinfo=UTC).date() and at.hour in (1, 2)
        expected = is_night and evening.weekday() in days and not in_range
        assert any(one.start <= at < one.end for one in found) == expected == is_open(calendar, at)
