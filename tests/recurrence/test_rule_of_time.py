"""The one rule of time, by hand: what gaps, folds and odd days of real zones do to a schedule's starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from jobs.recurrence import after, counted, parse

ANCHOR = datetime(2000, 1, 1, tzinfo=UTC)


def starts(expression: str, zone: str, since: str, number: int, dialect: str = "cron") -> list[str]:
    """The first starts after a moment in UTC, as `03-29T01:00`."""
    rule = parse(dialect, expression)
    found = after(rule, datetime.fromisoformat(f"{since}Z"), zone=ZoneInfo(zone), anchor=ANCHOR)
    return [f"{instant:%m-%dT%H:%M}" for instant in islice(found, number)]


@pytest.mark.parametrize(
    ("expression", "number"), [("@hourly", 8_760), ("*/5 * * * *", 105_120), ("30 2 * * *", 365), ("0 0 * * *", 365)]
)
def test_a_year_of_berlin_has_as_many_starts_as_it_has_hours_five_minutes_and_days(expression, number):
    berlin = ZoneInfo("Europe/Berlin")
    begin, end = datetime(2026, 1, 1, tzinfo=berlin), datetime(2027, 1, 1, tzinfo=berlin)
    just_before = timedelta(microseconds=1)

    count, first, last = counted(
        parse("cron", expression), begin - just_before, end - just_before, zone=berlin, anchor=ANCHOR, most=10**6
    )

    assert count == number
    assert first is not None
    assert last is not None
    assert begin <= first < last < end


@pytest.mark.parametrize(
    ("expression", "zone", "since", "expected"),
    [
        # Berlin, 2026-03-29: 02:00 +01 becomes 03:00 +02 at 01:00Z.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["03-29T01:00", "03-30T00:30"]),
        ("30 1-3 * * *", "Europe/Berlin", "2026-03-29T00:00", ["03-29T00:30", "03-29T01:00", "03-29T01:30"]),
        ("*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["03-29T01:00", "03-30T00:00", "03-30T00:20"]),
        ("0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", ["03-29T01:00", "03-30T00:00", "03-30T01:00"]),
        ("30 * * * *", "Europe/Berlin", "2026-03-29T00:00", ["03-29T00:30", "03-29T01:30", "03-29T02:30"]),
        ("30 */2 * * *", "Europe/Berlin", "2026-03-28T23:00", ["03-28T23:30", "03-29T02:30", "03-29T04:30"]),
        ("30 2-4/2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["03-29T02:30", "03-30T00:30", "03-30T02:30"]),
        # Berlin, 2026-10-25: 03:00 +02 becomes 02:00 +01 at 01:00Z.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["10-25T00:30", "10-26T01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30", ["10-26T01:30", "10-27T01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10", ["10-26T01:30", "10-27T01:30"]),
        ("*/20 2 * * *", "Europe/Berlin", "2026-10-25T00:10", ["10-25T00:20", "10-25T00:40", "10-26T01:00"]),
        ("30 * * * *", "Europe/Berlin", "2026-10-25T00:00", ["10-25T00:30", "10-25T01:30", "10-25T02:30"]),
        ("30 */2 * * *", "Europe/Berlin", "2026-10-25T00:00", ["10-25T00:30", "10-25T01:30", "10-25T03:30"]),
        ("30 3 * * *", "Europe/Berlin", "2026-10-25T00:00", ["10-25T02:30", "10-26T02:30"]),
        # Lord Howe moves by half an hour: 2026-04-05 02:00 +11 back to 01:30 at 04-04T15:00Z,
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", ["04-04T14:45", "04-05T15:15"]),
        ("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:40", ["04-04T14:45", "04-04T15:00", "04-04T15:15"]),
        # and 2026-10-04 02:00 +10:30 on to 02:30 at 10-03T15:30Z.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", ["10-03T15:30", "10-04T15:15"]),
        ("45 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", ["10-03T15:45", "10-04T15:45"]),
        ("0 * * * *", "Australia/Lord_Howe", "2026-10-03T14:00", ["10-03T14:30", "10-03T16:00", "10-03T17:00"]),
        # Nuuk, 2026-03-28: 23:00 -02 becomes 00:00 -01 of the next day at 03-29T01:00Z: a gap that ends at midnight,
        ("30 23 * * *", "America/Nuuk", "2026-03-28T02:00", ["03-29T01:00", "03-30T00:30"]),
        ("0 0 * * *", "America/Nuuk", "2026-03-28T12:00", ["03-29T01:00", "03-30T01:00"]),
        # and 2026-10-25 00:00 -01 back to the 24th, 23:00 -02, at 01:00Z.
        ("30 23 * * *", "America/Nuuk", "2026-10-24T12:00", ["10-25T00:30", "10-26T01:30"]),
        ("0 0 25 10 *", "America/Nuuk", "2026-10-24T12:00", ["10-25T02:00", "10-25T01:00"]),
        # Apia left out 2011-12-30: after the 29th came, at 12-30T10:00Z, the 31st.
        ("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00", ["12-29T22:00", "12-30T10:00", "12-30T22:00"]),
        ("0 */12 * * *", "Pacific/Apia", "2011-12-29T00:00", ["12-29T10:00", "12-29T22:00", "12-30T10:00"]),
        ("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00", ["12-30T10:00"]),
        # Kwajalein left out 1993-08-21: from -12 to +12 at 12:00Z.
        ("0 6 * * *", "Pacific/Kwajalein", "1993-08-20T12:00", ["08-20T18:00", "08-21T12:00", "08-21T18:00"]),
        # Juneau had a day twice, noon of 1867-10-19 too: from +15:02:19 to -08:57:41 at 10-19T00:31:13Z.
        ("0 12 * * *", "America/Juneau", "1867-10-17T00:00", ["10-17T20:57", "10-18T20:57", "10-20T20:57"]),
        ("0 */12 * * *", "America/Juneau", "1867-10-18T12:00", ["10-18T20:57", "10-19T08:57", "10-19T20:57"]),
        # Casablanca sets its clock back for Ramadan: 2026-02-15 02:00Z, and on again 2026-03-22 02:00Z.
        ("30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00", ["02-15T01:30", "02-16T02:30"]),
        ("30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00", ["03-22T02:00", "03-23T01:30"]),
        ("30 * * * *", "Africa/Casablanca", "2026-02-15T01:00", ["02-15T01:30", "02-15T02:30", "02-15T03:30"]),
    ],
)
def test_a_gap_and_a_fold_do_what_the_rule_says(expression, zone, since, expected):
    assert starts(expression, zone, since, len(expected)) == expected


def test_an_interval_is_elapsed_time_from_the_anchor_and_the_anchor_its_first_start():
    rule, zone = parse("interval", "every 90 minutes"), ZoneInfo("Europe/Berlin")
    anchor = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)

    def first(moment: datetime) -> list[str]:
        return [f"{instant:%dT%H:%M}" for instant in islice(after(rule, moment, zone=zone, anchor=anchor), 2)]

    assert first(anchor - timedelta(days=300)) == ["29T00:00", "29T01:30"]
    assert first(anchor) == ["29T01:30", "29T03:00"]
    assert first(anchor + timedelta(minutes=90, microseconds=-1)) == ["29T01:30", "29T03:00"]


def test_one_moment_is_read_on_the_wall_clock_unless_it_names_its_zone():
    assert starts("2026-03-29T02:30", "Europe/Berlin", "2026-01-01T00:00", 2, "once") == ["03-29T01:00"]
    assert starts("2026-10-25T02:30", "Europe/Berlin", "2026-01-01T00:00", 2, "once") == ["10-25T00:30"]
    assert starts("2026-10-25T02:30+01:00", "Europe/Berlin", "2026-01-01T00:00", 2, "once") == ["10-25T01:30"]
    assert starts("2026-10-25T02:30+01:00", "Europe/Berlin", "2026-10-25T01:30", 2, "once") == []


def test_29_february_is_found_over_2100_and_on_a_weekday_that_comes_once_in_forty_years():
    utc = ZoneInfo("UTC")
    rule = parse("cron", "0 0 29 2 *")
    assert next(after(rule, datetime(2096, 3, 1, tzinfo=UTC), zone=utc, anchor=ANCHOR)).year == 2104
    monthly = parse("cron", "0 0 */28 2 5")  # the 29th, or the 1st, where it is a Friday
    instants = islice(after(monthly, datetime(2026, 1, 1, tzinfo=UTC), zone=utc, anchor=ANCHOR), 3)
    assert [f"{instant:%Y-%m-%d}" for instant in instants] == ["2030-02-01", "2036-02-01", "2036-02-29"]


def test_seconds_are_started_in_both_passes():
    assert starts("*/30 59 * * * *", "Europe/Berlin", "2026-10-25T00:58", 4, "cron6") == [
        "10-25T00:59",
        "10-25T00:59",
        "10-25T01:59",
        "10-25T01:59",
    ]


def test_counting_stops_at_the_most_that_is_asked_for():
    zone = ZoneInfo("UTC")
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for rule in (parse("interval", "1 hour"), parse("cron", "0 * * * *")):
        assert counted(rule, begin, begin + timedelta(hours=9), zone=zone, anchor=begin, most=5) == (
            5,
            begin + timedelta(hours=1),
            begin + timedelta(hours=5),
        )
        assert counted(rule, begin, begin, zone=zone, anchor=begin, most=5) == (0, None, None)
        assert counted(rule, begin, begin + timedelta(hours=2), zone=zone, anchor=begin, most=5)[0] == 2
