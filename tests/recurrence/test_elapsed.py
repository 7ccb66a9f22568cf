"""Intervals, single moments and the sun: what is read, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import solar
from dateutil.parser import isoparser

from jobs.recurrence import BadExpression, Every, Once, after, parse
from jobs.recurrence.sun import EVENTS

UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 second", 1),
        ("90 seconds", 90),
        ("90 s", 90),
        ("90s", 90),
        ("2 secs", 2),
        ("1 sec", 1),
        ("every second", 1),
        ("every minute", 60),
        ("1 minute", 60),
        ("every 10 minutes", 600),
        ("Every 10 Minutes", 600),
        ("  every   10   minutes ", 600),
        ("10 min", 600),
        ("10 mins", 600),
        ("10m", 600),
        ("every hour", 3600),
        ("2 hours", 7200),
        ("1.5 hours", 5400),
        ("1h30m", 5400),
        ("1 h 30 m", 5400),
        ("1 hour and 30 minutes", 5400),
        ("1 hour, 30 minutes", 5400),
        ("1 day, 2 hours and 3 seconds", 93_603),
        ("every day", 86_400),
        ("2 days", 172_800),
        ("1d", 86_400),
        ("every week", 604_800),
        ("2 weeks", 1_209_600),
        ("2w", 1_209_600),
        ("1.25 seconds", 1.25),
        ("PT1S", 1),
        ("PT10M", 600),
        ("pt10m", 600),
        ("PT1H30M", 5400),
        ("PT1H30M5S", 5405),
        ("PT1.5H", 5400),
        ("P1D", 86_400),
        ("P1DT12H", 129_600),
        ("P2W", 1_209_600),
        ("P1W1D", 691_200),
        ("PT36H", 129_600),
    ],
)
def test_an_interval_is_so_many_seconds(text, seconds):
    assert parse("interval", text) == Every(seconds)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 seconds", "at least 1 second"),
        ("0.5 seconds", "at least 1 second"),
        ("PT0S", "at least 1 second"),
        ("-5 minutes", "every 10 minutes"),
        ("5", "5 seconds, or 5 minutes"),
        ("minutes 5", "every 10 minutes"),
        ("5 fortnights", "seconds, minutes, hours, days or weeks"),
        ("2 months", "no fixed length"),
        ("P1M", "no fixed length"),
        ("P1Y", "no fixed length"),
        ("P", "PT10M"),
        ("PT", "PT10M"),
        ("P1DT", "PT10M"),
        ("1000000 days", "at most 36600 days"),
        ("every", "seconds, minutes, hours, days or weeks"),
    ],
)
def test_an_interval_that_cannot_be_is_refused_with_a_remedy(text, says):
    with pytest.raises(BadExpression) as refused:
        parse("interval", text)
    assert says in refused.value.why


def test_a_moment_may_have_a_zone_or_not():
    wall = datetime(2026, 12, 31, 23, 59)  # noqa: DTZ001
    assert parse("once", "2026-12-31T23:59") == Once(wall)
    assert parse("once", "2026-12-31 23:59:00") == Once(wall)
    assert parse("once", "20261231T2359") == Once(wall)
    assert parse("once", "2026-12-31T23:59Z") == Once(wall.replace(tzinfo=UTC))


MOMENTS = """\
2026-12-31T23:59
2026-12-31T23:59:00
2026-12-31T23:59:59
2026-12-31T23
2026-12-31T00:00
2028-02-29T12:00
2026-01-01T09:00:00.5
2026-01-01T09:00:00.25
2026-01-01T09:00:00.125
2026-01-01T09:00:00.123456
2026-01-01T09:00:00,75
2026-12-31 23:59
2026-12-31 23:59:30
20261231T2359
20261231T235930
20261231T23
20261231T235930.5
20261231 2359
2026-W01-1T10:00
2026-W53-4T10:00
2026-W53-7T23:59:59
2026W534T1000
2026W531T100000
2026-12-31T23:59Z
2026-12-31T23:59:00Z
2026-12-31T23:59:00.5Z
20261231T2359Z
20261231T235900Z
2026-W53-4T10:00Z
2026-12-31T23:59+00:00
2026-12-31T23:59+01:00
2026-12-31T23:59-05:00
2026-12-31T23:59+05:30
2026-12-31T23:59+0545
2026-12-31T23:59-03
2026-12-31T23:59+14:00
2026-12-31T23:59-12:00
20261231T2359+0100
20261231T235900-0930
2026-03-29T02:30+01:00
2026-10-25T02:30+02:00
2026-10-25 02:30:00+01:00
1970-01-01T00:00Z
2400-02-29T00:00
"""


@pytest.mark.parametrize("text", MOMENTS.splitlines())
def test_a_moment_is_the_one_that_another_reader_of_iso_8601_finds(text):
    expected = isoparser().isoparse(text)
    begin = datetime(1969, 1, 1, tzinfo=UTC)
    instants = after(parse("once", text), begin, zone=UTC_ZONE, anchor=begin)
    assert list(instants) == [expected if expected.tzinfo else expected.replace(tzinfo=UTC)]


@pytest.mark.parametrize(
    "text", ["2026-12-31", "31.12.2026 23:59", "tomorrow", "2026-02-30T10:00", "2026-12-31T24:01", "9999-12-31T23:59"]
)
def test_what_is_no_moment_is_refused_with_an_example(text):
    with pytest.raises(BadExpression, match=r"write "):
        parse("once", text)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(
    ("latitude", "longitude"), [(52.52, 13.4), (-33.87, 151.2), (0, 0), (78.22, 15.65), (40.71, -74.01)]
)
def test_the_sun_rises_when_celery_says(event, latitude, longitude):
    begin = datetime(2026, 5, 20, tzinfo=UTC)
    schedule = solar(event, latitude, longitude, nowfun=lambda: begin)
    schedule.tz = UTC
    expected = begin + schedule.remaining_estimate(begin)

    found = after(parse("sun", f"{event} {latitude} {longitude}"), begin, zone=UTC_ZONE, anchor=begin)

    assert abs(next(found) - expected) < timedelta(seconds=2)


def test_events_of_the_sun_follow_each_other_and_each_is_found_from_the_one_before():
    rule = parse("sun", "sunrise 52.52 13.40")
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    year = list(islice(after(rule, begin, zone=UTC_ZONE, anchor=begin), 365))
    assert year[-1].date() == datetime(2026, 12, 31, tzinfo=UTC).date()
    assert [next(after(rule, instant, zone=UTC_ZONE, anchor=begin)) for instant in year[:20]] == year[1:21]
    assert f"{year[0]:%H:%M}" in ("07:16", "07:17")  # almanacs: 08:16 or 08:17 in Berlin on 1 January


def test_in_the_polar_night_the_sun_rises_next_in_february():
    rule = parse("sun", "sunrise 78.22 15.65")  # Longyearbyen
    begin = datetime(2026, 11, 10, tzinfo=UTC)
    assert next(after(rule, begin, zone=UTC_ZONE, anchor=begin)).date().isoformat() == "2027-02-16"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("moonrise 52 13", "event"),
        ("sunrise 91 13", "latitude"),
        ("sunrise 52 181", "longitude"),
        ("sunrise north 13", "latitude"),
        ("sunrise nan 13", "latitude"),
        ("sunrise 52", ""),
    ],
)
def test_what_is_no_event_or_place_is_refused_with_its_part(text, field):
    with pytest.raises(BadExpression, match="write") as refused:
        parse("sun", text)
    assert refused.value.field == field
