"""Changes of the clock that meet a rule's starts, and what becomes of these: what a preview and an audit show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from jobs.recurrence import stretches
from jobs.recurrence.rule import Recurrence, Rule, WallClock
from jobs.recurrence.stretches import EARLIEST, LATEST, Stretch
from jobs.recurrence.times import sources


@dataclass(frozen=True)
class ClockChange:
    """Change of the clock that meets starts."""

    #: The instant, in UTC, from which on the clock shows something else.
    at: datetime
    kind: Literal["gap", "fold"]
    #: Wall times of the rule that the gap leaves out, or that come twice; ascending.
    walls: tuple[datetime, ...]
    #: What becomes of them.
    sentence: str


def clock_changes(rule: Rule, zone: ZoneInfo, anchor: datetime, begin: datetime, end: datetime) -> list[ClockChange]:
    """Return the changes in the span that meet wall times of the rule; none for elapsed time and the sun."""
    first = max(begin.astimezone(UTC).replace(tzinfo=None), EARLIEST)
    last = min(end.astimezone(UTC).replace(tzinfo=None), LATEST)
    found = []
    for stretch in stretches.since(zone, first):
        if stretch.begin > last:
            break
        if first <= stretch.begin and (change := _change(rule, zone, anchor, stretch)):
            found.append(change)
    return found


def _change(rule: Rule, zone: ZoneInfo, anchor: datetime, stretch: Stretch) -> ClockChange | None:
    shows = stretch.begin + stretch.offset
    if shows == stretch.shown:
        return None
    low, high = min(shows, stretch.shown), max(shows, stretch.shown)
    walls: set[datetime] = set()
    for source, until in sources(rule, zone=zone, anchor=anchor):
        if until is None or stretch.begin <= until:
            walls.update(source.between(low, high))
    if not walls:
        return None
    ordered = tuple(sorted(walls))
    each_pass = isinstance(rule, WallClock | Recurrence) and rule.each_pass
    at = stretch.begin.replace(tzinfo=UTC)
    if shows > stretch.shown:
        return ClockChange(at, "gap", ordered, _gap(ordered, low, high, each_pass=each_pass))
    return ClockChange(at, "fold", ordered, _fold(ordered, low, high, each_pass=each_pass))


def _gap(walls: tuple[datetime, ...], low: datetime, high: datetime, *, each_pass: bool) -> str:
    why = f"The clocks go from {_shown(low)} to {_shown(high, low)}"
    if each_pass:
        return f"{why}: {_named(walls, 'does not exist', 'do not exist')}, and nothing is made up for it."
    if len(walls) == 1:
        return f"{why}: {_named(walls, 'does not exist', '')}, and starts at {_shown(high, low)}."
    return f"{why}: {_named(walls, '', 'do not exist')}, and together they start once, at {_shown(high, low)}."


def _fold(walls: tuple[datetime, ...], low: datetime, high: datetime, *, each_pass: bool) -> str:
    why = f"The clocks go back from {_shown(high)} to {_shown(low, high)}"
    starts = "starts both times" if each_pass else "starts the first time only"
    if len(walls) > 1:
        starts = starts.replace("starts", "start")
    return f"{why}: {_named(walls, 'comes twice', 'come twice')}, and {starts}."


def _named(walls: tuple[datetime, ...], one: str, more: str) -> str:
    if len(walls) == 1:
        return f"{_clock(walls[0])} {one}"
    return f"{len(walls)} times from {_clock(walls[0])} to {_clock(walls[-1])} {more}"


def _shown(wall: datetime, beside: datetime | None = None) -> str:
    """Say a wall time, with its day unless it stands beside another of that day."""
    same_day = beside is not None and beside.date() == wall.date()
    return _clock(wall) if same_day else f"{wall:%Y-%m-%d} {_clock(wall)}"


def _clock(wall: datetime) -> str:
    return f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"
