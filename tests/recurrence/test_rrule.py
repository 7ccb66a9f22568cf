"""RRULE: our arithmetic beside dateutil's, and what the zone makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from jobs.recurrence import BadExpression, after, parse

UTC_ZONE = ZoneInfo("UTC")
BEGINS = datetime(2026, 1, 31, 10, 7, 11)  # noqa: DTZ001 - a wall time, a Saturday

# Of each, dateutil says the first twelve starts.
RULES = """
FREQ=SECONDLY
FREQ=SECONDLY;INTERVAL=7
FREQ=SECONDLY;INTERVAL=90;BYHOUR=3,10
FREQ=SECONDLY;BYMINUTE=5;BYSECOND=0,59
FREQ=MINUTELY
FREQ=MINUTELY;INTERVAL=25
FREQ=MINUTELY;INTERVAL=7;BYHOUR=9,10,11
FREQ=MINUTELY;BYDAY=SU;BYHOUR=0;BYSECOND=30,31
FREQ=MINUTELY;INTERVAL=36;BYSECOND=1,2,3;BYSETPOS=-1
FREQ=HOURLY
FREQ=HOURLY;INTERVAL=5
FREQ=HOURLY;INTERVAL=25;BYMINUTE=0,30
FREQ=HOURLY;INTERVAL=36;BYDAY=MO,TU,SA
FREQ=HOURLY;BYMONTHDAY=-1,13;BYMINUTE=15
FREQ=HOURLY;BYYEARDAY=-1,60;BYMINUTE=59;BYSECOND=59
FREQ=HOURLY;BYMINUTE=10,20,30;BYSETPOS=2
FREQ=DAILY
FREQ=DAILY;INTERVAL=3
FREQ=DAILY;INTERVAL=10;BYMONTH=3,5
FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,17;BYMINUTE=0
FREQ=DAILY;BYMONTHDAY=13;BYDAY=FR
FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,30;BYSETPOS=1,-1
FREQ=DAILY;COUNT=5
FREQ=DAILY;UNTIL=20260203T100711
FREQ=WEEKLY
FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO
FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU
FREQ=WEEKLY;BYDAY=MO;BYMONTH=2,12
FREQ=WEEKLY;COUNT=7;BYDAY=MO,TH;BYHOUR=6,18
FREQ=MONTHLY
FREQ=MONTHLY;INTERVAL=5
FREQ=MONTHLY;BYDAY=-1FR
FREQ=MONTHLY;BYDAY=1MO,3MO;BYHOUR=9
FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1
FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,17;BYSETPOS=-1,1
FREQ=MONTHLY;BYMONTHDAY=29,30,31
FREQ=MONTHLY;BYMONTHDAY=-1;INTERVAL=2
FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13
FREQ=MONTHLY;BYDAY=5TH;COUNT=4
FREQ=YEARLY
FREQ=YEARLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29
FREQ=YEARLY;BYMONTH=11;BYDAY=4TH
FREQ=YEARLY;BYDAY=20MO
FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO
FREQ=YEARLY;BYWEEKNO=20;BYDAY=SU;WKST=SU
FREQ=YEARLY;BYYEARDAY=1,100,-1,366
FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8
FREQ=YEARLY;BYMONTH=1,6;BYDAY=SU;BYSETPOS=1,-1
""".splitlines()[1:]


def test_there_are_forty_rules():
    assert len(RULES) >= 40


@pytest.mark.parametrize("line", RULES)
@pytest.mark.parametrize("later", [timedelta(days=-1), timedelta(hours=30, seconds=5), timedelta(days=700)])
def test_the_starts_are_those_of_dateutil(line, later):
    moment = BEGINS + later
    if later.days > 1 and line.startswith(("FREQ=SECONDLY", "FREQ=MINUTELY")):
        moment = BEGINS + timedelta(days=2)  # dateutil looks at each second up to there

    found = after(
        parse("rrule", f"DTSTART:{BEGINS:%Y%m%dT%H%M%S}\n{line}"), utc(moment), zone=UTC_ZONE, anchor=utc(BEGINS)
    )

    expected = rrulestr(line, dtstart=BEGINS).xafter(moment, count=12)
    assert [instant.replace(tzinfo=None) for instant in islice(found, 12)] == list(expected)


def utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def starts(text: str, since: str, number: int = 3, zone: str = "Europe/Berlin") -> list[str]:
    anchor = datetime(2026, 1, 1, 8, 15, tzinfo=UTC)
    found = after(parse("rrule", text), datetime.fromisoformat(f"{since}Z"), zone=ZoneInfo(zone), anchor=anchor)
    return [f"{instant:%m-%dT%H:%M}" for instant in islice(found, number)]


def test_a_daily_rule_is_wall_clock_and_a_rule_below_daily_starts_in_each_pass():
    daily = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0"
    assert starts(daily, "2026-03-28T12:00", 2) == ["03-29T01:00", "03-30T00:30"]
    assert starts(daily, "2026-10-24T12:00", 2) == ["10-25T00:30", "10-26T01:30"]
    hourly = "FREQ=HOURLY;BYMINUTE=30;BYSECOND=0"
    assert starts(hourly, "2026-03-29T00:00") == ["03-29T00:30", "03-29T01:30", "03-29T02:30"]
    assert starts(hourly, "2026-10-25T00:00") == ["10-25T00:30", "10-25T01:30", "10-25T02:30"]
    # At 02:00 only: nothing is made up for the gap, and the fold has it twice.
    two = "FREQ=MINUTELY;INTERVAL=30;BYHOUR=2;BYSECOND=0"
    assert starts("DTSTART:20260101T000000\n" + two, "2026-03-28T12:00") == [
        "03-30T00:00",
        "03-30T00:30",
        "03-31T00:00",
    ]
    assert starts("DTSTART:20260101T000000\n" + two, "2026-10-25T00:10") == [
        "10-25T00:30",
        "10-25T01:00",
        "10-25T01:30",
    ]


def test_the_anchor_on_the_wall_clock_is_the_begin_of_a_rule_that_names_none():
    assert starts("FREQ=DAILY", "2025-01-01T00:00", 2) == ["01-01T08:15", "01-02T08:15"]  # 09:15 in Berlin
    assert starts("FREQ=DAILY", "2026-07-01T00:00", 1) == ["07-01T07:15"]  # 09:15 in Berlin still


def test_until_in_utc_is_an_instant_and_without_z_a_wall_time():
    # 02:30 comes at 00:30Z and 01:30Z of 10-25: only an instant tells them apart.
    rule = "DTSTART:20261025T000000\nFREQ=MINUTELY;INTERVAL=30;UNTIL={}"
    assert starts(rule.format("20261025T003000Z"), "2026-10-25T00:00", 9) == ["10-25T00:30"]
    assert starts(rule.format("20261025T013000Z"), "2026-10-25T00:00", 9)[-1] == "10-25T01:30"
    assert starts("DTSTART:20260101T090000\nFREQ=DAILY;UNTIL=20260102T090000", "2025-01-01T00:00", 9) == [
        "01-01T08:00",
        "01-02T08:00",
    ]
    assert starts("DTSTART:20260101T090000\nFREQ=DAILY;UNTIL=20260102", "2025-01-01T00:00", 9)[-1] == "01-02T08:00"


def test_exdate_takes_away_rdate_adds_and_two_rules_are_a_union():
    text = """
        DTSTART:20260101T090000
        RRULE:FREQ=DAILY;COUNT=3
        RRULE:FREQ=WEEKLY;COUNT=2
        RDATE:20260102T120000,20260103T090000
        EXDATE:20260102T090000
    """
    assert starts(text, "2025-01-01T00:00", 9) == ["01-01T08:00", "01-02T11:00", "01-03T08:00", "01-08T08:00"]


def test_a_rule_every_second_that_began_long_ago_is_found_at_once():
    rule = parse("rrule", "DTSTART:19900101T000000\nFREQ=SECONDLY;INTERVAL=7")
    found = next(after(rule, datetime(2026, 1, 1, tzinfo=UTC), zone=UTC_ZONE, anchor=utc(BEGINS)))
    since = (found - datetime(1990, 1, 1, tzinfo=UTC)).total_seconds()
    assert found <= datetime(2026, 1, 1, 0, 0, 7, tzinfo=UTC)
    assert since % 7 == 0


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("DTSTART:20260101T000000 FREQ=DAILY;UNTIL=20251231T000000", "UNTIL", "before DTSTART"),
        ("FREQ=DAILY;COUNT=0", "COUNT", "from 1 to 10000"),
        ("FREQ=DAILY;COUNT=10001", "COUNT", "write UNTIL"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "COUNT", "exclude each other"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL", "from 1"),
        ("FREQ=FORTNIGHTLY", "FREQ", "one of SECONDLY"),
        ("BYDAY=MO", "FREQ", "needs its FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ", "twice"),
        ("FREQ=DAILY;BYEASTER=1", "BYEASTER", "not known"),
        ("FREQ=DAILY;BYDAY=1MO", "BYDAY", "MONTHLY or YEARLY"),
        ("FREQ=DAILY;BYDAY=MONDAY", "BYDAY", "days like MO"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR", "0 to 23"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS", "another part"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY", "does not go with"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO", "does not go with"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL", "20261231T235900"),
        ("DTSTART;TZID=Europe/Berlin:20260101T000000 FREQ=DAILY", "DTSTART", "zone is the schedule's"),
        ("DTSTART:20260101T000000Z FREQ=DAILY", "DTSTART", "without the Z"),
        ("EXRULE:FREQ=DAILY", "EXRULE", "not known"),
        ("FREQ=DAILY FREQ=HOURLY", "FREQ", "a schedule of each"),
        ("EXDATE:20260101T000000", "RRULE", "no rule here"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "RRULE", "never starts"),
        ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "RRULE", "never starts"),
        ("FREQ=SECONDLY;BYDAY=MO;BYSETPOS=2", "RRULE", "never starts"),
        ("DTSTART:20260101T000000 FREQ=DAILY;INTERVAL=7;BYDAY=MO", "RRULE", "never starts"),
        ("DTSTART:20260101T000000 FREQ=SECONDLY;INTERVAL=60;BYSECOND=30", "RRULE", "never starts"),
        ("DTSTART:20260101T000000 FREQ=DAILY;COUNT=1 EXDATE:20260101T000000", "RRULE", "EXDATE"),
    ],
)
def test_what_cannot_be_is_refused_with_its_part_and_a_remedy(text, field, says):
    with pytest.raises(BadExpression) as refused:
        parse("rrule", text)
    assert refused.value.field == field
    assert says in refused.value.why
