"""Events of iCalendar files: series and single ones, with the zone they are in."""

from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from jobs.recurrence import after, parse
from jobs.recurrence.imports import Entry, Refused, vevents
from tests.recurrence.dialects.reading import NEW_YEAR, table

FLOATING = "The event has no zone: it means the wall time of whoever looks. Put a zone into the zone field."
ALL_DAY = "The event lasts all day and has no hour; it starts at 00:00 here. Set the hour that you want."
OUTSIDE = (
    "Its own date is not one of its rule's. Calendars differ on whether it counts; here only the rule's dates start."
)
DAYS = "A day is left out (EXDATE;VALUE=DATE): the start on that day, whatever its hour."


def calendar(*events: str, before: str = "") -> str:
    inner = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{before}{inner}END:VCALENDAR\n".replace("\n", "\r\n")


def only(text: str) -> Entry:
    (entry,), refused = vevents(text)
    assert refused == ()
    return entry


def refusal(text: str) -> Refused:
    entries, (refused,) = vevents(text)
    assert entries == ()
    return refused


def test_a_series_becomes_lines_of_its_wall_times():
    event = (
        "UID:1\nSUMMARY:Backup\\, nightly\nDTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT1H\n"
        "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T230000Z\n"
        "EXDATE;TZID=Europe/Berlin:20260112T090000,20260119T090000\nEXDATE:20260126T080000Z\n"
        "RDATE;TZID=America/New_York:20260701T060000\n"
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM"
    )

    assert only(calendar(event)) == Entry(
        line=3,
        name="Backup, nightly",
        dialect="rrule",
        expression=(
            "DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T230000Z\n"
            "EXDATE:20260112T090000,20260119T090000,20260126T090000\nRDATE:20260701T120000"
        ),
        zone="Europe/Berlin",
    )


def test_a_single_event_starts_once():
    entry = only(calendar("UID:u-1\nDTSTART:20261231T235900Z"))

    assert (entry.name, entry.dialect, entry.expression, entry.zone) == ("u-1", "once", "2026-12-31T23:59:00", "UTC")


def test_dates_without_a_rule_begin_with_the_first():
    entry = only(
        calendar("UID:1\nDTSTART:20260105T090000Z\nRDATE;VALUE=PERIOD:20260106T100000Z/PT1H,20260107T100000Z/PT1H")
    )

    assert entry.expression == "DTSTART:20260105T090000\nRDATE:20260105T090000,20260106T100000,20260107T100000"


def test_an_event_without_zone_says_so():
    entry = only(calendar("UID:1\nDTSTART:20260105T090000\nRRULE:FREQ=DAILY"))

    assert (entry.zone, entry.notes) == (None, (FLOATING,))


def test_an_event_of_a_day_says_that_it_has_no_hour():
    entry = only(calendar("UID:1\nDTSTART;VALUE=DATE:20260105\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20270105"))

    assert entry.expression == "DTSTART:20260105T000000\nRRULE:FREQ=YEARLY\nEXDATE:20270105T000000"
    assert entry.notes == (FLOATING, ALL_DAY)


@pytest.mark.parametrize(
    ("begins", "rule", "notes"),
    [
        ("20260109T090000", "FREQ=WEEKLY;BYDAY=MO", (OUTSIDE,)),
        ("20260109T090000", "FREQ=WEEKLY;BYDAY=FR", ()),
        ("20260329T023000", "FREQ=WEEKLY", ()),  # in the gap
    ],
)
def test_a_series_without_its_own_first_date_says_so(begins, rule, notes):
    assert only(calendar(f"UID:1\nDTSTART;TZID=Europe/Berlin:{begins}\nRRULE:{rule}")).notes == notes


@pytest.mark.parametrize(("lines", "said"), table("events.txt"))
def test_it_starts_when_a_calendar_shows_it(lines, said):
    entry = only(calendar("UID:1\n" + lines.replace(" // ", "\n")))
    found = after(parse(entry.dialect, entry.expression), NEW_YEAR, zone=ZoneInfo(entry.zone), anchor=NEW_YEAR)

    assert [f"{start:%Y-%m-%dT%H:%M:%S}" for start in islice(found, len(said))] == said


def test_a_time_in_the_gap_starts_by_our_rule_of_time():
    """RFC 5545 has 01:30Z, by the offset before the gap; here it is the first instant after it."""
    entry = only(calendar("UID:1\nDTSTART;TZID=Europe/Berlin:20260328T023000\nRRULE:FREQ=DAILY;COUNT=3"))
    found = after(parse("rrule", entry.expression), NEW_YEAR, zone=ZoneInfo("Europe/Berlin"), anchor=NEW_YEAR)

    assert [f"{start:%d %H:%M}" for start in found] == ["28 01:30", "29 01:00", "30 00:30"]


def test_a_day_left_out_is_the_start_on_that_day():
    entry = only(
        calendar("UID:1\nDTSTART;TZID=Asia/Tokyo:20260105T090000\nRRULE:FREQ=DAILY\nEXDATE;VALUE=DATE:20260107")
    )

    assert entry.expression.endswith("EXDATE:20260107T090000")
    assert entry.notes == (DAYS,)


def test_a_cancelled_event_comes_switched_off():
    entry = only(calendar("UID:1\nDTSTART:20260105T090000Z\nRRULE:FREQ=DAILY\nSTATUS:CANCELLED"))

    assert not entry.enabled
    assert entry.notes == ("The event is cancelled in its calendar.",)


@pytest.mark.parametrize(
    ("given", "before"),
    [
        ("Europe/Berlin", ""),
        ("/example.org/2026_1/Europe/Berlin", ""),
        ("W. Europe Standard Time", ""),
        ('"W. Europe Standard Time"', ""),
        ("Office", "BEGIN:VTIMEZONE\nTZID:Office\nX-LIC-LOCATION:Europe/Berlin\nEND:VTIMEZONE\n"),
    ],
)
def test_zones_are_known_by_the_names_that_programs_give_them(given, before):
    entry = only(calendar(f"UID:1\nDTSTART;TZID={given}:20260105T090000\nRRULE:FREQ=DAILY", before=before))

    assert (entry.zone, entry.expression) == ("Europe/Berlin", "DTSTART:20260105T090000\nRRULE:FREQ=DAILY")


def test_folded_lines_are_one_and_numbers_are_of_the_file():
    text = calendar("UID:1\nSUMMARY:Very\n  long\nDTSTART:2026010\n 5T090000Z", "UID:2\nDTSTART:20260105T090000Z")
    entries, refused = vevents(text)

    assert refused == ()
    assert [(entry.line, entry.name) for entry in entries] == [(3, "Very long"), (10, "2")]


@pytest.mark.parametrize(
    ("event", "field", "why"),
    [
        ("UID:1\nRRULE:FREQ=DAILY", "DTSTART", "The event has no DTSTART; write when it begins."),
        ("UID:1\nDTSTART:2026", "DTSTART", "“2026” is no moment; write it like 20261231T090000."),
        ("UID:1\nDTSTART:20260230T000000", "DTSTART", "“20260230T000000” is no moment"),
        ("UID:1\nDTSTART:PT1H", "DTSTART", "“PT1H” is no moment"),
        ("UID:1\nDTSTART;TZID=Mars/Phobos:20260105T090000", "TZID", "“Mars/Phobos” is no zone that is known here"),
        ("UID:1\nDTSTART:20260105T090000Z\nRRULE:FREQ=DAILY\nEXDATE:soon", "EXDATE", "“soon” is no moment"),
        ("UID:1\nDTSTART:20260105T090000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", "EXRULE", "Days left out by a rule"),
        (
            "UID:1\nDTSTART:20260105T090000Z\nRECURRENCE-ID:20260105T080000Z",
            "RECURRENCE-ID",
            "This moves one event of a",
        ),
        (
            "UID:1\nDTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;BYHOUR=9,15\nEXDATE;VALUE=DATE:20260107",
            "EXDATE",
            "A day with several starts is left out; write each time of it as EXDATE.",
        ),
        ("UID:1\nDTSTART:20260105T090000Z\nRRULE:FREQ=SOMETIMES", "FREQ", "A rule needs its FREQ"),
        ("UID:1\nDTSTART:20260105T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT", "", "“COUNT” is no part of a rule"),
        ("UID:1\nDTSTART:20260105T090000Z\nRRULE:nonsense", "", "“NONSENSE” is no part of a rule"),
    ],
)
def test_it_is_refused_with_field_and_remedy(event, field, why):
    refused = refusal(calendar(event))

    assert (refused.line, refused.text, refused.field) == (3, "1", field)
    assert refused.why.startswith(why)


def test_one_bad_event_and_one_bad_line_leave_the_others():
    good = "UID:2\nDTSTART:20260105T090000Z\nRRULE:FREQ=DAILY"
    entries, refused = vevents(calendar(good, "UID:1", "no line at all\n" + good))

    assert [entry.line for entry in entries] == [3, 11]
    assert [(one.line, one.text) for one in refused] == [(8, "1"), (12, "no line at all")]


def test_a_file_that_is_cut_off_is_refused():
    entries, refused = vevents("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260105T090000Z\n")

    assert entries == ()
    assert [one.why for one in refused] == [
        f"BEGIN:{kind} has no END:{kind}; the file is cut off, bring all of it." for kind in ("VCALENDAR", "VEVENT")
    ]


def test_tasks_are_passed_over():
    assert vevents("BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:1\nDTSTART:20260105T090000Z\nEND:VTODO\nEND:VCALENDAR\n") == (
        (),
        (),
    )
