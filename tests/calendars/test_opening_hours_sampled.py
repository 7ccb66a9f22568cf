"""Any calendar, any moment: the next opening is open and nothing before it is; the previous one likewise."""

from datetime import UTC, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.calendars import LAST_INSTANT, NeverOpen, OwnRange, Snapshot, is_open, next_opening, openings, previous_open
from tests.calendars.samples import MINUTE, ZONES, at, hours, minutes


@st.composite
def calendars(draw):
    begin, end = draw(st.none() | hours) or (None, None)
    ranges = [
        OwnRange(start, start + length * MINUTE, opens)
        for start, length, opens in draw(st.lists(st.tuples(minutes, st.integers(1, 5000), st.booleans()), max_size=3))
    ]
    return Snapshot(
        "any",
        time_zone=draw(st.sampled_from(ZONES)),
        days=draw(st.frozensets(st.integers(0, 6))),
        open_from=None if begin is None else at(begin),
        open_until=None if end is None else at(end),
        holidays_of=draw(st.sampled_from(["", "DE-BW", "US"])),
        ranges=tuple(ranges),
    )


moments = st.tuples(minutes, st.integers(0, 59_999)).map(
    lambda pair: pair[0].replace(tzinfo=UTC) + timedelta(milliseconds=pair[1])
)


def between(first, last):
    """Samples of an open interval, its ends left out: near both of them, and all over it."""
    span = last - first
    return [first + span * n / 17 for n in range(1, 17)] + ([first + LAST_INSTANT / 2, last - LAST_INSTANT / 2])


@settings(max_examples=60, deadline=None)
@given(calendars(), moments)
def test_the_next_opening_is_the_first(calendar, moment):
    try:
        found = next_opening(calendar, moment)
    except NeverOpen:
        assert not any(is_open(calendar, moment + timedelta(hours=n)) for n in range(24 * 40))
        return
    assert found >= moment
    assert is_open(calendar, found)
    if found > moment:
        assert not is_open(calendar, moment)
        assert not any(is_open(calendar, sample) for sample in between(moment, found) if moment < sample < found)


@settings(max_examples=60, deadline=None)
@given(calendars(), moments)
def test_the_previous_open_moment_is_the_last(calendar, moment):
    try:
        found = previous_open(calendar, moment)
    except NeverOpen:
        assert not any(is_open(calendar, moment - timedelta(hours=n)) for n in range(24 * 40))
        return
    assert found <= moment
    assert is_open(calendar, found)
    if found < moment:
        assert not is_open(calendar, moment)
        closing = found + LAST_INSTANT
        assert not any(is_open(calendar, sample) for sample in between(closing, moment) if closing < sample < moment)
        assert not is_open(calendar, closing)


@settings(max_examples=40, deadline=None)
@given(calendars(), moments)
def test_openings_are_all_that_is_open(calendar, moment):
    end = moment + timedelta(days=4)
    found = openings(calendar, moment, end)
    for sample in (moment + n * timedelta(minutes=37, seconds=11) for n in range(150)):
        assert is_open(calendar, sample) == any(one.start <= sample < one.end for one in found)
    assert all(first.end < second.start for first, second in pairwise(found))
