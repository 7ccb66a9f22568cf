"""Iterator over the instants that a rule means; the one place where wall times become instants.

The rule of time: fixed hours are wall-clock. A wall time that a gap leaves out starts at the first instant after the
gap, one that a fold shows twice at its first instance. A rule of each pass starts at each instant whose wall time
matches: at both passes of a fold, and nothing is made up for a gap. An interval is elapsed time. Two nominal times on
one instant are one start.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import takewhile
from zoneinfo import ZoneInfo

from jobs.recurrence import stretches, sun
from jobs.recurrence.rrule_parts import parts_of
from jobs.recurrence.rrule_walls import rule_walls
from jobs.recurrence.rule import Every, Once, Recurrence, Rule, Sun, WallClock
from jobs.recurrence.stretches import EARLIEST, LATEST, SECOND
from jobs.recurrence.walls import Listed, Walls, Without, searched, wall_times, years_on

MICROSECOND = timedelta(microseconds=1)


def after(rule: Rule, moment: datetime, *, zone: ZoneInfo, anchor: datetime) -> Iterator[datetime]:
    """Yield the instants, in UTC, strictly after `moment`: ascending, never two equal, none where nothing is found in
    41 years. `anchor` is where an interval begins: its first start, before which there is none."""
    begin = max(_naive(moment), EARLIEST)
    if begin >= LATEST:
        return
    for instant in _instants(rule, begin, zone, anchor):
        yield instant.replace(tzinfo=UTC)


def counted(
    rule: Rule, after: datetime, until: datetime, *, zone: ZoneInfo, anchor: datetime, most: int
) -> tuple[int, datetime | None, datetime | None]:
    """Return how many instants lie after `after`, up to and with `until`, the first, and the last; no more than `most`
    are counted, and then the last is the last counted."""
    if isinstance(rule, Every):
        return _counted_every(rule, after, until, anchor, most)
    count, first, last = 0, None, None
    begin, end = max(_naive(after), EARLIEST), _naive(until)
    if begin >= LATEST or most <= 0:
        return 0, None, None
    for instant in _instants(rule, begin, zone, anchor):
        if instant > end:
            break
        count, first, last = count + 1, first or instant, instant
        if count == most:
            break
    return count, first and first.replace(tzinfo=UTC), last and last.replace(tzinfo=UTC)


def _instants(rule: Rule, moment: datetime, zone: ZoneInfo, anchor: datetime) -> Iterator[datetime]:
    match rule:
        case WallClock(each_pass=True):
            return _each_pass(wall_times(rule), moment, zone)
        case WallClock():
            return _fixed(wall_times(rule), moment, zone)
        case Every():
            return _every(rule, moment, _naive(anchor))
        case Once():
            return _once(rule, moment, zone)
        case Sun():
            return sun.instants(rule, moment)
        case Recurrence():
            return _recurrence(rule, moment, zone, anchor)


def _fixed(walls: Walls, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    stretch = stretches.at(zone, moment)
    begin, offset = stretch.begin, stretch.offset
    low = max(_next_second(moment + offset), stretch.shown)
    last, wall_end = moment, stretch.end + offset
    for wall in searched(walls.between, low):
        if wall >= wall_end:
            stretch = stretches.of_wall(zone, wall)
            begin, offset = stretch.begin, stretch.offset
            wall_end = stretch.end + offset
        instant = wall - offset
        instant = max(instant, begin)
        if instant > last:
            yield instant
            last = instant


def _each_pass(walls: Walls, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    low = _next_second(moment)
    give_up = years_on(moment)
    for stretch in stretches.since(zone, moment):
        offset = stretch.offset
        for wall in walls.between(max(stretch.begin, low) + offset, stretch.end + offset):
            instant = wall - offset
            give_up = years_on(instant)
            yield instant
        if stretch.end > give_up or stretch.end >= LATEST:
            return


def sources(rule: Rule, *, zone: ZoneInfo, anchor: datetime) -> Iterator[tuple[Walls, datetime | None]]:
    """Yield the wall times that a rule reads, each with the instant (naive, in UTC) after which they start no more;
    none of a rule that reads no wall clock."""
    match rule:
        case WallClock():
            yield wall_times(rule), None
        case Once(moment) if moment.tzinfo is None:
            yield Listed(frozenset({moment})), None
        case Recurrence():
            begins = rule.begins or _naive(anchor) + stretches.at(zone, _naive(anchor)).offset
            for line in rule.rules:
                until = parts_of(line).until
                walls = Without(rule_walls(line, begins), rule.without)
                yield walls, _naive(until) if until and until.tzinfo else None
            if rule.also:
                yield Without(Listed(rule.also), rule.without), None


def _recurrence(rule: Recurrence, moment: datetime, zone: ZoneInfo, anchor: datetime) -> Iterator[datetime]:
    walk = _each_pass if rule.each_pass else _fixed
    found = [_until(walk(walls, moment, zone), until) for walls, until in sources(rule, zone=zone, anchor=anchor)]
    last = moment
    for instant in merge(*found):
        if instant > last:
            yield instant
            last = instant


def _until(instants: Iterator[datetime], until: datetime | None) -> Iterator[datetime]:
    return instants if until is None else takewhile(lambda instant: instant <= until, instants)


def _every(rule: Every, moment: datetime, anchor: datetime) -> Iterator[datetime]:
    period = timedelta(seconds=rule.seconds)
    instant = max(anchor, anchor + ((moment - anchor) // period + 1) * period)
    while instant < LATEST:
        yield instant
        if LATEST - instant <= period:
            return
        instant += period


def _counted_every(
    rule: Every, after: datetime, until: datetime, anchor: datetime, most: int
) -> tuple[int, datetime | None, datetime | None]:
    period = timedelta(seconds=rule.seconds)
    anchor = anchor.astimezone(UTC)
    first = max(0, (after - anchor) // period + 1)
    count = min((min(until, LATEST.replace(tzinfo=UTC) - MICROSECOND) - anchor) // period - first + 1, most)
    if count <= 0:
        return 0, None, None
    return count, anchor + first * period, anchor + (first + count - 1) * period


def _once(rule: Once, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    instant = _naive(rule.moment) if rule.moment.tzinfo else stretches.instant_of(zone, rule.moment)
    if moment < instant < LATEST:
        yield instant


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _next_second(moment: datetime) -> datetime:
    """Return the first whole second after the moment: rules name whole seconds."""
    return moment.replace(microsecond=0) + SECOND
