"""Every change of the clock of every zone in ten years, beside a wall clock that is read minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones
from zoneinfo._zoneinfo import ZoneInfo as ZoneInfoInPython

import pytest

from jobs.recurrence import after, parse
from jobs.recurrence.stretches import STEP

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
AROUND = timedelta(hours=3)
NO_PLACE = ("right/", "posix/", "Factory", "localtime", "posixrules")

Matches = Callable[[datetime], bool]


def zone_names() -> list[str]:
    return sorted(name for name in available_timezones() if not name.startswith(NO_PLACE))


def offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The first minutes with another offset."""
    day = BEGIN
    while day < END:
        if offset(zone, day) != offset(zone, day + DAY):
            low, high = 0, 24 * 60
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (
                    (low, middle) if offset(zone, day + middle * MINUTE) != offset(zone, day) else (middle, high)
                )
            yield day + high * MINUTE
        day += DAY


@cache
def all_changes() -> dict[tuple[tuple[datetime, timedelta, timedelta], ...], str]:
    """What the clocks do in the ten years, and one zone of those that do it."""
    found = {}
    for name in zone_names():
        zone = ZoneInfo(name)
        told = tuple((at, offset(zone, at - MINUTE), offset(zone, at)) for at in changes(zone))
        found.setdefault(told, name)
    return found


def read_minute_by_minute(
    zone: ZoneInfo, begin: datetime, end: datetime, fixed: Matches, each: Matches
) -> tuple[list[datetime], list[datetime]]:
    """The starts, by the rule of time, of fixed wall times and of each pass."""
    starts_fixed, starts_each = [], []
    instant = begin - DAY  # what the clock has shown before
    shown = (instant + offset(zone, instant)).replace(tzinfo=None)
    while instant < end:
        wall = (instant + offset(zone, instant)).replace(tzinfo=None)
        if instant >= begin:
            left_out = (shown + n * MINUTE for n in range((wall - shown) // MINUTE))  # none but after a gap
            if any(fixed(skipped) for skipped in left_out) or (wall >= shown and fixed(wall)):
                starts_fixed.append(instant)
            if each(wall):
                starts_each.append(instant)
            instant += MINUTE
        else:
            instant += min(begin - instant, timedelta(minutes=30))
        shown = max(shown, wall + MINUTE)
    return starts_fixed, starts_each


def ours(expression: str, zone: ZoneInfo, begin: datetime, end: datetime) -> list[datetime]:
    found = []
    for instant in after(parse("cron", expression), begin - MINUTE / 2, zone=zone, anchor=BEGIN):
        if instant >= end:
            break
        found.append(instant)
    return found


def test_there_are_changes_to_look_at():
    told = all_changes()
    assert len(told) > 50
    assert sum(len(each) for each in told) > 700
    assert {after - before for each in told for _, before, after in each} >= {
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(minutes=-30),
        timedelta(hours=-1),
    }


@pytest.mark.parametrize("part", range(4))
def test_starts_are_those_of_a_clock_that_is_read_minute_by_minute(part):
    for number, (told, name) in enumerate(all_changes().items()):
        if number % 4 != part:
            continue
        zone = ZoneInfo(name)
        for at, before, _ in told:
            begin, end = at - AROUND, at + AROUND
            hours = {(at + before + timedelta(hours=n)).hour for n in (-1, 0, 1)}
            listed = ",".join(map(str, sorted(hours)))
            fixed, each = read_minute_by_minute(
                zone,
                begin,
                end,
                lambda wall, hours=hours: wall.minute in (10, 30, 59) and wall.hour in hours,
                lambda wall: wall.minute % 20 == 0 and wall.hour % 2 == 0,
            )
            assert ours(f"10,30,59 {listed} * * *", zone, begin, end) == fixed, (name, at)
            assert ours("*/20 */2 * * *", zone, begin, end) == each, (name, at)
            later = at + 5 * MINUTE  # in a fold the second time is not the first one
            assert ours(f"10,30,59 {listed} * * *", zone, later, end) == [start for start in fixed if start >= later]
            fixed, each = read_minute_by_minute(
                zone,
                begin,
                end,
                lambda wall: wall.minute == 0 and wall.hour == 0,
                lambda wall: wall.minute in (15, 45),
            )
            assert ours("0 0 * * *", zone, begin, end) == fixed, (name, at)
            assert ours("15,45 * * * *", zone, begin, end) == each, (name, at)


def test_no_zone_ever_changed_its_clock_twice_within_what_the_search_steps_over():
    for name in zone_names():
        zone = ZoneInfoInPython(name)
        last = None
        for seconds in getattr(zone, "_trans_utc", ()):
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
            if offset(zone, at - timedelta(seconds=1)) != offset(zone, at):
                assert last is None or at - last > STEP, (name, at)
                last = at
