"""Opening hours: whether a moment is open, and which open moments are next to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from jobs import sentences
from jobs.calendars.publicholidays import holiday_on
from jobs.calendars.snapshot import DAYS, Snapshot

SEARCHED = timedelta(days=731)  # how far from a moment an opening is looked for
LAST_INSTANT = timedelta(milliseconds=1)  # how long before its end an opening is open for the last time
DAY = timedelta(days=1)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 29, tzinfo=UTC)  # every zone's wall clock can show the day after it


class NeverOpen(Exception):
    """No open moment within reach; the message says of which calendar, and what to do."""


class Opening(NamedTuple):
    """Open from `start` up to, not including, `end`."""

    start: datetime
    end: datetime


def is_open(calendar: Snapshot, moment: datetime) -> bool:
    return why_closed(calendar, moment) is None


def why_closed(calendar: Snapshot, moment: datetime) -> str | None:
    """Return why nothing may start at this moment, in a few words, or None."""
    return _why_closed(calendar, moment.astimezone(calendar.zone).replace(tzinfo=None))


def next_opening(calendar: Snapshot, moment: datetime) -> datetime:
    """The first open instant that is not before this moment. Raises NeverOpen."""
    moment = moment.astimezone(UTC)
    if is_open(calendar, moment):
        return moment
    until = min(moment, LATEST - SEARCHED) + SEARCHED
    gap = calendar.gaps.first_after(moment)
    searched = until if gap is None else max(moment, min(gap[0], until))
    first = next(_pieces(calendar, moment, searched), None)
    opening = first.start if first is not None else None if gap is None else gap[1]
    if opening is not None and opening < until:
        calendar.gaps.add(moment, opening)
        return opening
    remedy = "; open some of its days, or choose another calendar"
    raise NeverOpen(
        sentences.NEVER_OPEN(calendar=calendar.name, when=f"after {moment:%Y-%m-%d %H:%M:%S}", remedy=remedy)
    )


def previous_open(calendar: Snapshot, moment: datetime) -> datetime:
    """The last open instant that is not after this moment: itself, or the millisecond before the last closing. Raises
    NeverOpen."""
    moment = moment.astimezone(UTC)
    if is_open(calendar, moment):
        return moment
    end, first = min(moment, LATEST), max(moment - SEARCHED, EARLIEST)
    while end > first:
        begin = max(end - DAY, first)
        last = next(reversed(list(_pieces(calendar, begin, end))), None)
        if last is not None:
            return max(last.start, last.end - LAST_INSTANT)
        end = begin
    raise NeverOpen(sentences.NEVER_OPEN(calendar=calendar.name, when=f"before {moment:%Y-%m-%d %H:%M:%S}", remedy=""))


def openings(calendar: Snapshot, begin: datetime, end: datetime) -> list[Opening]:
    """Return all openings between these two moments, in order, cut off there."""
    found: list[Opening] = []
    for piece in _pieces(calendar, begin.astimezone(UTC), end.astimezone(UTC)):
        if found and found[-1].end == piece.start:
            found[-1] = Opening(found[-1].start, piece.end)
        else:
            found.append(piece)
    return found


def _why_closed(calendar: Snapshot, wall: datetime) -> str | None:
    span = calendar.overlay.at(wall)
    if span is not None:
        return span.closed
    if calendar.over_midnight:
        return _why_closed_at_night(calendar, wall)
    if wall.weekday() not in calendar.days:
        return f"closed on {DAYS[wall.weekday()]}s"
    if calendar.open_from is not None and wall.time() < calendar.open_from:
        return f"before its hours, which begin at {calendar.open_from:%H:%M}"
    if calendar.open_until is not None and wall.time() >= calendar.open_until:
        return f"after its hours, which end at {calendar.open_until:%H:%M}"
    holiday = holiday_on(calendar.holidays_of, wall.date())
    return f"holiday {holiday}" if holiday is not None else None


def _why_closed_at_night(calendar: Snapshot, wall: datetime) -> str | None:
    """Return why hours over midnight are closed; None: open. All of a night is of the day on which it begins."""
    opens, closes = calendar.open_from or time.min, calendar.open_until or time.min
    if closes <= wall.time() < opens:
        return f"between its hours, which are {opens:%H:%M} to {closes:%H:%M}"
    evening = wall if wall.time() >= opens else wall - DAY
    if evening.weekday() not in calendar.days:
        return f"closed in the night that begins on a {DAYS[evening.weekday()]}"
    holiday = holiday_on(calendar.holidays_of, evening.date())
    return f"holiday {holiday}" if holiday is not None else None


def _on_the_wall(calendar: Snapshot, day: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The open spans of the day that begins at this naive midnight. Between two of its cuts nothing changes."""
    after = day + DAY
    edges = calendar.overlay.edges(day, after)
    if not edges and _closed_all_day(calendar, day):
        return
    cuts = {day, after, *edges}
    cuts |= {datetime.combine(day, at) for at in (calendar.open_from, calendar.open_until) if at is not None}
    for begin, end in pairwise(sorted(cuts)):
        if _why_closed(calendar, begin) is None:
            yield begin, end


def _closed_all_day(calendar: Snapshot, day: datetime) -> bool:
    """Return whether a day, in which no range starts or ends, is known to be closed without looking at its hours."""
    span = calendar.overlay.at(day)
    if span is not None:
        return span.closed is not None
    days = (day, day - DAY) if calendar.over_midnight else (day,)
    return all(one.weekday() not in calendar.days for one in days)


def _pieces(calendar: Snapshot, begin: datetime, end: datetime) -> Iterator[Opening]:
    """Open spans between two moments, in order; one opening may come in several that touch."""
    for start, stop, offset in _steady_spans(calendar.zone, begin, end):
        from_wall, to_wall = ((moment + offset).replace(tzinfo=None) for moment in (start, stop))
        day = from_wall.replace(hour=0, minute=0, second=0, microsecond=0)
        while day < to_wall:
            for opens, closes in _on_the_wall(calendar, day):
                first, last = max(opens, from_wall), min(closes, to_wall)
                if first < last:
                    yield Opening(*((wall - offset).replace(tzinfo=UTC) for wall in (first, last)))
            day += DAY


def _steady_spans(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The time between two moments, cut where the zone's clocks change. No zone changes them twice in a day."""
    while begin < end:
        stop = min(begin + DAY, end)
        offset = _offset(zone, begin)
        if _offset(zone, stop) != offset:
            same, other = begin, stop
            while other - same > timedelta.resolution:
                middle = same + (other - same) // 2
                same, other = (middle, other) if _offset(zone, middle) == offset else (same, middle)
            stop = other
        yield begin, stop, offset
        begin = stop


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
