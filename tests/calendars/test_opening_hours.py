"""When a calendar is open: days, hours, holidays, ranges of its own; and which open moments are next to one."""

from datetime import timedelta

import pytest

from jobs.calendars import NeverOpen, is_open, next_opening, openings, previous_open, why_closed
from tests.calendars.moments import calendar, own, utc, wall

MS = timedelta(milliseconds=1)
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        ("2026-12-18T08:59:59.999999", "before its hours, which begin at 09:00"),
        ("2026-12-18T09:00", None),
        ("2026-12-18T16:59:59.999999", None),
        ("2026-12-18T17:00", "after its hours, which end at 17:00"),
        ("2026-12-19T12:00", "closed on Saturdays"),
        ("2026-12-25T12:00", "holiday Christmas Day"),
        ("2027-01-06T12:00", "holiday Epiphany"),  # in this part of the country only
        ("2026-12-21T12:00", "move of the servers"),
        ("2026-12-20T12:00", None),  # a Sunday, opened
    ],
)
def test_what_is_open_and_why_not(moment, why):
    office = calendar(
        hours="9:00-17:00",
        time_zone=BERLIN,
        holidays_of="DE-BW",
        ranges=(
            own("2026-12-20T10:00", "2026-12-22T00:00", is_open=True),
            own("2026-12-21T08:00", "2026-12-21T18:00", label="move of the servers"),
        ),
    )
    assert why_closed(office, wall(moment, BERLIN)) == why
    assert is_open(office, wall(moment, BERLIN)) == (why is None)


def test_a_holiday_of_another_part_is_none():
    assert is_open(calendar(holidays_of="DE"), utc("2027-01-06T12:00"))


def test_an_open_range_goes_over_a_holiday_and_the_hours():
    office = calendar(hours="9:00-17:00", holidays_of="DE", ranges=(own("2026-12-25", "2026-12-26", is_open=True),))
    assert openings(office, utc("2026-12-25T00:00"), utc("2026-12-26T12:00")) == [
        (utc("2026-12-25T00:00"), utc("2026-12-26T00:00"))
    ]


def test_the_next_opening():
    office = calendar(hours="9:00-17:00", time_zone=BERLIN, holidays_of="DE")
    inside = wall("2026-12-23T12:34:56.789012", BERLIN)
    assert next_opening(office, inside) == inside
    assert next_opening(office, wall("2026-12-23T05:00", BERLIN)) == wall("2026-12-23T09:00", BERLIN)
    # Christmas is a Friday and a Saturday of that year.
    assert next_opening(office, wall("2026-12-24T17:00", BERLIN)) == wall("2026-12-28T09:00", BERLIN)


def test_the_previous_open_moment():
    office = calendar(hours="9:00-17:00", time_zone=BERLIN, holidays_of="DE")
    inside = wall("2026-12-23T12:34:56.789012", BERLIN)
    assert previous_open(office, inside) == inside
    closing = wall("2026-12-24T17:00", BERLIN)
    for moment in (closing, closing + MS, wall("2026-12-28T08:59:59.999", BERLIN)):
        assert previous_open(office, moment) == closing - MS


def test_an_opening_shorter_than_a_millisecond_is_found():
    office = calendar(days="", ranges=(own("2026-12-21T08:00", "2026-12-21T08:00:00.000500", is_open=True),))
    assert previous_open(office, utc("2026-12-22T00:00")) == utc("2026-12-21T08:00")


def test_openings_that_touch_are_one():
    found = openings(calendar(time_zone="Asia/Kolkata"), utc("2026-11-01T00:00"), utc("2026-11-15T00:00"))
    monday, saturday = utc("2026-11-01T18:30"), utc("2026-11-06T18:30")
    assert found == [
        (monday, saturday),
        (monday + timedelta(days=7), saturday + timedelta(days=7)),
    ]


def test_the_end_of_hours_alone_is_enough():
    assert why_closed(calendar(hours="-12:00"), utc("2026-11-02T00:00")) is None
    assert why_closed(calendar(hours="-12:00"), utc("2026-11-02T12:00")) == "after its hours, which end at 12:00"
    assert why_closed(calendar(hours="12:00-"), utc("2026-11-02T23:59:59")) is None


def test_a_calendar_that_is_never_open_says_so_and_soon():
    closed = calendar(days="")
    with pytest.raises(NeverOpen, match=r"'office' has no open moment in the two years after 2026-11-01 .*open some"):
        next_opening(closed, utc("2026-11-01T00:00"))
    with pytest.raises(NeverOpen, match="two years before"):
        previous_open(closed, utc("2026-11-01T00:00"))


def test_an_opening_at_the_end_of_what_is_searched_is_found():
    begin = utc("2026-11-01T00:00")
    late = calendar(days="", ranges=(own("2028-10-31", "2028-11-05", is_open=True),))
    assert next_opening(late, begin) == utc("2028-10-31T00:00")
    later = calendar(days="", ranges=(own("2028-11-02", "2028-11-05", is_open=True),))
    with pytest.raises(NeverOpen):
        next_opening(later, begin)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_the_ends_of_time_break_nothing(zone):
    closed = calendar(days="", time_zone=zone, holidays_of="US")
    for moment in (utc("1970-01-01T00:00"), utc("9999-12-30T23:59:59")):
        assert not is_open(closed, moment)
        for search in (next_opening, previous_open):
            with pytest.raises(NeverOpen):
                search(closed, moment)
