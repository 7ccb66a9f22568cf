"""A moment is open if the wall clock shows an open time at it: on the nights in which clocks change, too."""

import pytest

from jobs.calendars import next_opening, openings, previous_open
from tests.calendars.moments import calendar, own, utc, wall

# zone, hours, the day as a range in UTC, what is open of it in UTC
NIGHTS = [
    # Forward at 02:00 to 03:00: what begins in the gap begins after it; what lies in it is not there that day.
    ("Europe/Berlin", "2:30-5:00", "2027-03-28", [("2027-03-28T01:00", "2027-03-28T03:00")]),
    ("Europe/Berlin", "2:10-2:50", "2027-03-28", []),
    ("Europe/Berlin", "1:00-2:30", "2027-03-28", [("2027-03-28T00:00", "2027-03-28T01:00")]),
    ("America/New_York", "2:30-5:00", "2027-03-14", [("2027-03-14T07:00", "2027-03-14T09:00")]),
    # Half an hour forward, at 02:00 to 02:30.
    ("Australia/Lord_Howe", "2:15-4:00", "2026-10-04", [("2026-10-03T15:30", "2026-10-03T17:00")]),
    # Back at 03:00 to 02:00: what lies in the hour that is there twice is open twice.
    (
        "Europe/Berlin",
        "2:10-2:50",
        "2026-10-25",
        [("2026-10-25T00:10", "2026-10-25T00:50"), ("2026-10-25T01:10", "2026-10-25T01:50")],
    ),
    (
        "Europe/Berlin",
        "1:00-2:30",
        "2026-10-25",
        [("2026-10-24T23:00", "2026-10-25T00:30"), ("2026-10-25T01:00", "2026-10-25T01:30")],
    ),
    ("Europe/Berlin", "0:00-3:00", "2026-10-25", [("2026-10-24T22:00", "2026-10-25T02:00")]),
    (
        "America/New_York",
        "1:30-3:00",
        "2026-11-01",
        [("2026-11-01T05:30", "2026-11-01T06:00"), ("2026-11-01T06:30", "2026-11-01T08:00")],
    ),
    # Half an hour back, at 02:00 to 01:30.
    (
        "Australia/Lord_Howe",
        "1:40-1:50",
        "2027-04-04",
        [("2027-04-03T14:40", "2027-04-03T14:50"), ("2027-04-03T15:10", "2027-04-03T15:20")],
    ),
]


@pytest.mark.parametrize(("zone", "hours", "day", "expected"), NIGHTS)
def test_hours_on_the_nights_of_the_change(zone, hours, day, expected):
    night = calendar("0123456", hours, time_zone=zone)
    begin, end = wall(f"{day}T00:00", zone), wall(f"{day}T23:59", zone)
    spans = [(utc(first), utc(last)) for first, last in expected]
    assert openings(night, begin, end) == spans
    if spans:
        assert next_opening(night, begin) == spans[0][0]
        assert previous_open(night, end).replace(microsecond=0, second=0) < spans[-1][1]
        assert previous_open(night, end) >= spans[-1][0]


def test_a_range_of_its_own_follows_the_wall_clock_too():
    closed = calendar("0123456", time_zone="Europe/Berlin", ranges=(own("2026-10-25T02:15", "2026-10-25T02:30"),))
    assert openings(closed, utc("2026-10-25T00:00"), utc("2026-10-25T02:00")) == [
        (utc("2026-10-25T00:00"), utc("2026-10-25T00:15")),
        (utc("2026-10-25T00:30"), utc("2026-10-25T01:15")),
        (utc("2026-10-25T01:30"), utc("2026-10-25T02:00")),
    ]


def test_a_day_that_its_zone_left_out_is_not_open():
    """Samoa went from Thursday, 29 December 2011 to Saturday."""
    fridays = calendar("4", time_zone="Pacific/Apia")
    assert next_opening(fridays, wall("2011-12-29T12:00", "Pacific/Apia")) == wall("2012-01-06T00:00", "Pacific/Apia")
