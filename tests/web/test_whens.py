"""When a job is to start, as people write it: what each form means, and what is no form."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jobs.web.parsing import Unreadable
from jobs.web.whens import moment, understood

NOW = datetime(2026, 12, 23, 23, 30, 3, 500_000, tzinfo=UTC)  # the 24th in Berlin
BERLIN = ZoneInfo("Europe/Berlin")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "  ", "now", " NOW "])
def test_nothing_and_now_are_now(text):
    assert moment(text, now=NOW, zone=BERLIN) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("in 90 s", 90),
        ("in 10 minutes", 600),
        ("In 1 Minute", 60),
        ("in a minute", 60),
        ("in 10 min", 600),
        ("in 5m", 300),
        ("in an hour", 3600),
        ("in 2 h", 7200),
        ("in 2h30m", 9000),
        ("in 1 h 30 min", 5400),
        ("in 1 hour and 30 minutes", 5400),
        ("in 1 day, 2 hours", 93_600),
        ("in 3 days", 259_200),
        ("in 2 weeks", 1_209_600),
        ("in  1  d", 86_400),
    ],
)
def test_a_span_from_now(text, seconds):
    assert (moment(text, now=NOW, zone=BERLIN) - NOW).total_seconds() == seconds


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tomorrow 09:00", at(2026, 12, 25, 8)),
        ("Tomorrow at 9:00", at(2026, 12, 25, 8)),
        ("today 18:00", at(2026, 12, 24, 17)),
        ("18:00", at(2026, 12, 24, 17)),
        ("at 18:00:30", at(2026, 12, 24, 17, 0, 30)),
        ("2026-12-24 18:00", at(2026, 12, 24, 17)),
        ("2026-12-24 9:05", at(2026, 12, 24, 8, 5)),
        ("2026-12-24T18:00:30.25", at(2026, 12, 24, 17, 0, 30, 250_000)),
        ("2026-07-01 18:00", at(2026, 7, 1, 16)),
        ("2026-12-24 18:00 UTC", at(2026, 12, 24, 18)),
        ("2026-12-24 9:00 utc", at(2026, 12, 24, 9)),
        ("2026-12-24T18:00:00Z", at(2026, 12, 24, 18)),
        ("2026-12-24t18:00:00-05:00", at(2026, 12, 24, 23)),
    ],
)
def test_a_time_of_the_zone_unless_it_names_its_own(text, meant):
    assert moment(text, now=NOW, zone=BERLIN) == meant


def test_tomorrow_is_of_the_zones_own_day():
    assert moment("tomorrow 09:00", now=NOW, zone=ZoneInfo("UTC")) == at(2026, 12, 24, 9)
    assert moment("tomorrow 09:00", now=NOW, zone=ZoneInfo("America/New_York")) == at(2026, 12, 24, 14)


@pytest.mark.parametrize(
    "text",
    [
        *("soon", "tomorrow", "in", "in minutes", "in 5", "10 minutes", "in -5 minutes", "in 1.5 h", "in 5 moons"),
        *("25:00", "tomorrow 24:00", "tomorrow 9", "yesterday 09:00", "2026-13-01 00:00", "12026-01-01T00:00"),
        *("in 999999999 weeks", "in 9999999999 s", "in 5 minutes tomorrow", "2026-12-24 18:00 CET", "٢٠٢٦-١٢-٢٤"),
    ],
)
def test_what_is_not_understood_says_what_is(text):
    with pytest.raises(Unreadable, match="write now, in 10 minutes, tomorrow 09:00, 2026-12-24 18:00"):
        moment(text, now=NOW, zone=BERLIN)


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (at(2026, 10, 24, 10), "tomorrow 02:30"),
        (at(2026, 3, 28, 10), "tomorrow 02:30"),
        (at(2026, 1, 1), "2026-10-25 02:30"),
    ],
)
def test_a_time_that_clocks_skip_or_repeat_is_refused(now, text):
    with pytest.raises(Unreadable, match="exists twice or not at all"):
        moment(text, now=now, zone=BERLIN)
    assert moment(text, now=now, zone=ZoneInfo("UTC")) is not None


def test_the_ends_of_time():
    assert moment("9999-12-31 23:59", now=NOW, zone=ZoneInfo("UTC")).year == 9999
    for zone in ("Asia/Tokyo", "America/New_York"):
        assert moment("0001-01-01 00:00", now=NOW, zone=ZoneInfo(zone)).year == 1


def test_it_says_what_was_understood():
    asked = moment("2027-01-17 03:30", now=NOW, zone=BERLIN)
    assert understood(asked, NOW) == "Sunday 17 January 2027 02:30:00 UTC, in 24 d 2 h."
    assert understood(NOW, NOW) == "Wednesday 23 December 2026 23:30:03.500 UTC, in 0 s."
    assert understood(None, NOW) == "Now, at once."
