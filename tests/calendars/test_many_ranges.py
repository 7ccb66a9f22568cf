"""A calendar of a thousand ranges means what its ranges say, and costs little more than one without."""

import time as clock
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import blackouts, rules
from jobs.calendars import NeverOpen, OwnRange, Snapshot, next_opening, openings, why_closed
from jobs.calendars.publicholidays import holiday_on
from jobs.models import Calendar, CalendarRange
from tests.calendars.samples import BEGIN, MINUTE, ZONES, at, hours
from tests.conftest import NOW

HOUR = timedelta(hours=1)
DAYS = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"]


@st.composite
def calendars(draw):
    """Many ranges in little time, so that they lie over each other in all ways, with labels to tell them apart."""
    begin, end = draw(st.none() | hours) or (None, None)
    spans = st.tuples(st.integers(0, 200), st.integers(1, 60), st.booleans(), st.sampled_from(["", "a", "b", "c"]))
    ranges = [
        OwnRange(BEGIN + start * HOUR, BEGIN + (start + length) * HOUR, opens, label)
        for start, length, opens, label in draw(st.lists(spans, max_size=40))
    ]
    return Snapshot(
        "any",
        time_zone=draw(st.sampled_from(ZONES)),
        days=draw(st.frozensets(st.integers(0, 6))),
        open_from=None if begin is None else at(begin),
        open_until=None if end is None else at(end),
        holidays_of=draw(st.sampled_from(["", "DE-BW"])),
        ranges=tuple(ranges),
    )


def reference(calendar, wall):
    """What docs/calendars.md says, one range after the other."""
    covering = [own for own in calendar.ranges if own.starts <= wall < own.ends]
    for own in covering:
        if not own.is_open:
            return own.label or "a closed range of its own"
    if covering:
        return None
    if wall.weekday() not in calendar.days:
        return f"closed on {DAYS[wall.weekday()]}"
    if calendar.open_from is not None and wall.time() < calendar.open_from:
        return f"before its hours, which begin at {calendar.open_from:%H:%M}"
    if calendar.open_until is not None and wall.time() >= calendar.open_until:
        return f"after its hours, which end at {calendar.open_until:%H:%M}"
    holiday = holiday_on(calendar.holidays_of, wall.date())
    return None if holiday is None else f"holiday {holiday}"


@settings(max_examples=150, deadline=None)
@given(calendars(), st.lists(st.integers(-2000, 20_000), min_size=5, max_size=40))
def test_why_it_is_closed_is_what_its_ranges_say_one_by_one(calendar, minutes):
    for minute in minutes:
        moment = BEGIN.replace(tzinfo=UTC) + minute * MINUTE
        wall = moment.astimezone(calendar.zone).replace(tzinfo=None)
        assert why_closed(calendar, moment) == reference(calendar, wall)


@settings(max_examples=100, deadline=None)
@given(calendars())
def test_its_openings_are_where_its_ranges_say_one_by_one(calendar):
    """At every edge of a range and of a day's hours, and between each two of these."""
    begin = BEGIN.replace(tzinfo=UTC)
    found = openings(calendar, begin, begin + timedelta(days=12))
    cuts = {begin + n * HOUR for n in range(24 * 12)} | {edge for one in found for edge in one}
    for first, second in pairwise(sorted(cuts)):
        middle = first + (second - first) / 2
        for moment in (first, middle):
            is_open = reference(calendar, moment.astimezone(calendar.zone).replace(tzinfo=None)) is None
            assert is_open == any(one.start <= moment < one.end for one in found)


@settings(max_examples=100, deadline=None)
@given(calendars(), st.lists(st.integers(-2000, 20_000), max_size=20))
def test_what_one_search_has_found_changes_no_other(calendar, minutes):
    for minute in minutes:
        moment = BEGIN.replace(tzinfo=UTC) + minute * MINUTE
        found = []
        for asked in (calendar, replace(calendar)):  # a copy has searched nothing yet
            try:
                found.append(next_opening(asked, moment))
            except NeverOpen as error:
                found.append(str(error))
        assert found[0] == found[1]


def thousand(name="office", **fields):
    """Closed on each of the next thousand days, by a range of its own."""
    calendar = Calendar.objects.create(name=name, open_days=127, **fields)
    days = [NOW.date() + timedelta(days=n) for n in range(1000)]
    CalendarRange.objects.bulk_create(CalendarRange(calendar=calendar, first_day=day, last_day=day) for day in days)
    return calendar


def cpu(calendar, jobs=500, day=0):
    """Seconds of this thread's processor that judging the jobs of one request costs, some hours of that day apart."""
    known, best = blackouts.Calendars(), []
    for _ in range(3):
        begun = clock.thread_time()
        for n in range(jobs):
            rules.check_new_job(
                target="demo.noop",
                payload={},
                run_at=NOW + timedelta(days=day + n % 10, minutes=n),
                now=NOW,
                calendar=calendar,
                calendars=known,
            )
        best.append(clock.thread_time() - begun)
    return min(best)


@pytest.mark.django_db
def test_jobs_of_a_request_cost_little_more_with_a_thousand_ranges(django_assert_num_queries):
    thousand()
    Calendar.objects.create(name="plain", open_days=127)
    cpu("plain", jobs=10)
    without = cpu("plain")
    assert cpu("office", day=1200) < 2 * without + 0.05, "open"
    assert cpu("office", day=500) < 2 * without + 0.05, "moved over 500 days"
    with django_assert_num_queries(2):  # the calendar, its ranges: once for all jobs
        known = blackouts.Calendars()
        for n in range(10):
            rules.check_new_job(
                target="demo.noop",
                payload={},
                run_at=NOW + timedelta(days=900, hours=n),
                now=NOW,
                calendar="office",
                calendars=known,
            )


def test_an_opening_two_years_away_is_found_in_milliseconds():
    """Behind a closed range for each day: as many as a calendar may have."""
    first = datetime(2030, 1, 1)  # noqa: DTZ001 - a wall time
    ranges = tuple(OwnRange(first + timedelta(days=n), first + timedelta(days=n + 1)) for n in range(1000))
    calendar = Snapshot("office", ranges=ranges)
    begun = clock.thread_time()
    for day in range(300, 310):
        moment = first.replace(tzinfo=UTC) + timedelta(days=day)
        found = next_opening(Snapshot("office", ranges=ranges), moment)
        assert found == first.replace(tzinfo=UTC) + timedelta(days=1000)
    with pytest.raises(NeverOpen):
        next_opening(calendar, first.replace(tzinfo=UTC))
    assert clock.thread_time() - begun < 1.0
