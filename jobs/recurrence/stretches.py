"""Stretches of time in which the wall clock of a zone runs without a change, and the one rule of time made of them.

Each stretch knows up to which wall time the clock had come before it began. So both cases have one answer: a wall time
that was left out (a gap) belongs to the stretch that left it out, and one that is shown again (a fold) to the first
stretch that showed it. An instant is then the later of the stretch's begin and the wall time less its offset.

All datetimes are naive here: wall times, or instants in UTC. The iterator puts zones on at its edge; arithmetic on
aware datetimes would cost several times as much.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: Instants and wall times beyond these are not reckoned with: an offset must not lead out of what datetime can hold.
EARLIEST = datetime(1, 1, 9)  # noqa: DTZ001
LATEST = datetime(9999, 12, 27)  # noqa: DTZ001
SECOND = timedelta(seconds=1)
# Shorter than any two changes of one zone lie apart: four days, Freetown 1939 (tests ask the tz database).
STEP = timedelta(days=1)
# A fold lasts a day at most, so what the clock showed longer ago than this it cannot show again.
LOOK_BACK = timedelta(days=3)
YEARS_KEPT = 8192  # some kilobytes each


class Stretch(NamedTuple):
    """Part of one year, in UTC, with one offset."""

    begin: datetime
    end: datetime
    offset: timedelta
    #: The wall time up to which the clock had come before `begin`: below `begin + offset` after a gap, above in a fold.
    shown: datetime


class Year(NamedTuple):
    """Stretches of a year of UTC, with what is searched in them."""

    stretches: tuple[Stretch, ...]
    begins: tuple[datetime, ...]
    shown: tuple[datetime, ...]


def at(zone: ZoneInfo, instant: datetime) -> Stretch:
    """Return the stretch in which the instant lies."""
    year = of_year(zone, instant.year)
    return year.stretches[bisect_right(year.begins, instant) - 1]


def of_wall(zone: ZoneInfo, wall: datetime) -> Stretch:
    """Return the stretch to which the wall time belongs by the rule of time."""
    year = of_year(zone, wall.year)
    if wall < year.shown[0]:
        year = of_year(zone, wall.year - 1)
    elif wall >= year.stretches[-1].end + year.stretches[-1].offset and wall < LATEST:
        following = of_year(zone, wall.year + 1)
        if wall >= following.shown[0]:
            year = following
    return year.stretches[bisect_right(year.shown, wall) - 1]


def instant_of(zone: ZoneInfo, wall: datetime) -> datetime:
    """Return the one instant of a wall time: the first after a gap, the first of two in a fold."""
    wall = min(max(wall, EARLIEST), LATEST)
    found = of_wall(zone, wall)
    return max(found.begin, wall - found.offset)


def since(zone: ZoneInfo, instant: datetime) -> Iterator[Stretch]:
    """Yield the stretch of the instant and all that follow."""
    first = at(zone, instant)
    yield first
    for number in range(instant.year, LATEST.year + 1):
        for stretch in of_year(zone, number).stretches:
            if stretch.begin > first.begin:
                yield stretch


@lru_cache(maxsize=YEARS_KEPT)
def of_year(zone: ZoneInfo, number: int) -> Year:
    """Return the stretches of a year."""
    begin = max(datetime(number, 1, 1), EARLIEST - LOOK_BACK)  # noqa: DTZ001
    end = datetime(number + 1, 1, 1) if number < LATEST.year else LATEST + LOOK_BACK  # noqa: DTZ001
    instant = max(begin - LOOK_BACK, EARLIEST - LOOK_BACK)
    offset = _offset(zone, instant)
    shown = instant + offset
    found: list[Stretch] = []
    while instant < end:
        until = _next_change(zone, instant, offset, end)
        if until > begin:
            if instant < begin:
                shown = max(shown, begin + offset)
            found.append(Stretch(max(instant, begin), until, offset, shown))
        shown = max(shown, until + offset)
        instant, offset = until, _offset(zone, until)
    return Year(tuple(found), tuple(each.begin for each in found), tuple(each.shown for each in found))


def _next_change(zone: ZoneInfo, instant: datetime, offset: timedelta, end: datetime) -> datetime:
    """Return the first second after `instant` with another offset, or `end`."""
    before = instant
    while before < end:
        after = min(before + STEP, end)
        if _offset(zone, after) != offset:
            break
        before = after
    else:
        return end
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()
