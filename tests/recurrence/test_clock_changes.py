"""Changes of the clock that meet a schedule: which times, and the sentence for people; both written by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jobs.recurrence import clock_changes, parse

ANCHOR = datetime(2020, 1, 1, tzinfo=UTC)


def sentences(dialect: str, expression: str, zone: str = "Europe/Berlin", year: int = 2026) -> list[str]:
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found = clock_changes(parse(dialect, expression), ZoneInfo(zone), ANCHOR, begin, end)
    return [f"{change.at:%m-%dT%H:%M} {change.kind}: {change.sentence}" for change in found]


@pytest.mark.parametrize(
    ("dialect", "expression", "zone", "year", "expected"),
    [
        (
            "cron",
            "30 2 * * *",
            "Europe/Berlin",
            2026,
            [
                "03-29T01:00 gap: The clocks go from 2026-03-29 02:00 to 03:00: 02:30 does not exist, and starts at 03:00.",
                "10-25T01:00 fold: The clocks go back from 2026-10-25 03:00 to 02:00: 02:30 comes twice, and starts the first time only.",
            ],
        ),
        (
            "cron",
            "*/5 * * * *",
            "Europe/Berlin",
            2026,
            [
                "03-29T01:00 gap: The clocks go from 2026-03-29 02:00 to 03:00: 12 times from 02:00 to 02:55 do not exist, and nothing is made up for it.",
                "10-25T01:00 fold: The clocks go back from 2026-10-25 03:00 to 02:00: 12 times from 02:00 to 02:55 come twice, and start both times.",
            ],
        ),
        (
            "cron",
            "0,30 2 * 3 *",
            "Europe/Berlin",
            2026,
            [
                "03-29T01:00 gap: The clocks go from 2026-03-29 02:00 to 03:00: 2 times from 02:00 to 02:30 do not exist, and together they start once, at 03:00.",
            ],
        ),
        ("cron", "0 3 * * *", "Europe/Berlin", 2026, []),
        ("cron", "59 1 * * *", "Europe/Berlin", 2026, []),
        ("cron", "30 2 * * mon-sat", "Europe/Berlin", 2026, []),
        ("interval", "1 hour", "Europe/Berlin", 2026, []),
        ("sun", "sunrise 52 13", "Europe/Berlin", 2026, []),
        (
            "once",
            "2026-03-29T02:30",
            "Europe/Berlin",
            2026,
            [
                "03-29T01:00 gap: The clocks go from 2026-03-29 02:00 to 03:00: 02:30 does not exist, and starts at 03:00.",
            ],
        ),
        ("once", "2026-03-29T02:30+01:00", "Europe/Berlin", 2026, []),
        (
            "rrule",
            "FREQ=DAILY;BYHOUR=2;BYMINUTE=15;BYSECOND=0;UNTIL=20260601T000000Z",
            "Europe/Berlin",
            2026,
            [
                "03-29T01:00 gap: The clocks go from 2026-03-29 02:00 to 03:00: 02:15 does not exist, and starts at 03:00.",
            ],
        ),
        (
            "cron",
            "0 12 * * *",
            "Pacific/Apia",
            2011,
            [
                "12-30T10:00 gap: The clocks go from 2011-12-30 00:00 to 2011-12-31 00:00: 12:00 does not exist, and starts at 2011-12-31 00:00.",
            ],
        ),
        (
            "cron",
            "45 1 * * *",
            "Australia/Lord_Howe",
            2026,
            [
                "04-04T15:00 fold: The clocks go back from 2026-04-05 02:00 to 01:30: 01:45 comes twice, and starts the first time only.",
            ],
        ),
    ],
)
def test_each_change_that_meets_a_start_is_told_with_what_becomes_of_it(dialect, expression, zone, year, expected):
    assert sentences(dialect, expression, zone, year) == expected


def test_only_changes_within_the_span_are_told():
    rule, zone = parse("cron", "30 2 * * *"), ZoneInfo("Europe/Berlin")
    gap = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    day = datetime(2026, 3, 28, tzinfo=UTC)
    assert [change.at for change in clock_changes(rule, zone, ANCHOR, day, gap)] == [gap]
    assert clock_changes(rule, zone, ANCHOR, day, datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)) == []
    assert (
        clock_changes(rule, zone, ANCHOR, datetime(2026, 3, 29, 1, 0, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
        == []
    )
