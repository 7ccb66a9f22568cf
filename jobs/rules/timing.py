"""Problems with the times of a schedule as a whole: of fields each of which may be right alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile
from typing import Protocol
from zoneinfo import ZoneInfo

from jobs import recurrence
from jobs.calendars import NeverOpen, Snapshot, is_open, next_opening, why_closed, zones
from jobs.recurrence import BadExpression, Once, Recurrence, Rule
from jobs.states import Blackout

INSTANT = timedelta(microseconds=1)
LOOKED_AT = 1000  # starts of which the shortest time between two is looked for, and openings
SEARCHED = timedelta(days=731)  # how far ahead open times and short times between two starts are looked for


class Bounded(Protocol):
    """Rules for how often a schedule comes, and how its starts are spread."""

    @property
    def most_runs(self) -> int | None: ...
    @property
    def spread(self) -> int: ...


@dataclass(frozen=True)
class Timing:
    """Times of a schedule. `anchor` is what intervals are counted from."""

    dialect: str
    expression: str
    time_zone: str
    _: KW_ONLY
    name: str = ""
    anchor: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def rule(self) -> Rule:
        """Return the rule that the expression means. Raises BadExpression."""
        return recurrence.parse(self.dialect, self.expression, name=self.name)

    def zone(self) -> ZoneInfo:
        """Return the zone of its wall clock. Raises KeyError, ValueError or OSError for an unknown one."""
        return zones.find(self.time_zone)

    def begin(self, moment: datetime) -> datetime:
        """Return the moment after which it may start, if nothing before this one counts."""
        return moment if self.starts_at is None else max(moment, self.starts_at - INSTANT)

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the nominal times after this moment, within its first and last moment, in UTC. Raises BadExpression."""
        within = self.unending(moment)
        return within if self.ends_at is None else takewhile(lambda nominal: nominal <= self.ends_at, within)  # type: ignore[operator] # seen above

    def unending(self, moment: datetime) -> Iterator[datetime]:
        """Yield them without its last moment."""
        anchor = self.anchor.replace(microsecond=0)
        return recurrence.after(self.rule(), self.begin(moment), zone=self.zone(), anchor=anchor)


def timing_problems(
    timing: Timing, of: Bounded, *, now: datetime, made: int, calendar: Snapshot | None, blackout: str
) -> dict[str, list[str]]:
    """Return what is wrong by field, a sentence each with its remedy. `made`: how often it has come already."""
    if of.most_runs is not None and of.most_runs <= made:
        return {"most_runs": [f"It has come {made} times already; give a greater number, or switch it off."]}
    try:
        first = next(timing.after(now), None)
        if first is None:
            return _never(timing, now)
        found = _spread_problems(timing, of.spread, first)
        if calendar is not None and (closed := _closed(timing, first, calendar, blackout)):
            found["calendar"] = [closed]
    except BadExpression as error:  # known only with its zone and its first moment
        return {"expression": [error.why]}
    return found


def _never(timing: Timing, now: datetime) -> dict[str, list[str]]:
    """Say why it starts at no time from now on."""
    ever = next(timing.unending(now), None)
    if ever is not None and timing.ends_at is not None:
        at, end = _shown(timing, ever), _shown(timing, timing.ends_at)
        return {
            "ends_at": [f"It never starts: its next time is {at}, after {end}; choose a later end, or leave it empty."]
        }
    rule = timing.rule()
    begin = now if timing.starts_at is None else max(now, timing.starts_at)
    if isinstance(rule, Once):
        why = "has passed" if begin == now else f"comes before its first moment, {_shown(timing, begin)}"
        return {"expression": [f"This moment {why}; write a later one."]}
    until = "a later UNTIL, a greater COUNT or none of both" if isinstance(rule, Recurrence) else "later years"
    return {"expression": [f"This never starts: it has no time after {_shown(timing, begin)}; write {until}."]}


def _spread_problems(timing: Timing, spread: int, first: datetime) -> dict[str, list[str]]:
    if not spread:
        return {}
    # Of what comes more seldom the next ones lie centuries ahead, and no spread is as long as that.
    near = takewhile(lambda nominal: nominal < first + SEARCHED, timing.after(first - INSTANT))
    starts = islice(near, LOOKED_AT)
    shortest = min((later - earlier for earlier, later in pairwise(starts)), default=None)
    if shortest is None or timedelta(seconds=spread) <= shortest:
        return {}
    most = int(shortest.total_seconds())
    return {
        "spread": [
            f"These {spread} seconds are longer than the shortest time between two of its starts, {most} s; spread "
            f"them over {most} seconds at most."
        ]
    }


def _closed(timing: Timing, first: datetime, calendar: Snapshot, blackout: str) -> str:
    """Say why its calendar lets none of its runs start; empty where it does."""
    try:
        if blackout != Blackout.SKIP:
            next_opening(calendar, first)
            return ""
        until = first + SEARCHED
        nominal: datetime | None = first
        for _ in range(LOOKED_AT):
            if nominal is None or nominal > until:
                break
            if is_open(calendar, nominal):
                return ""
            nominal = next(timing.after(next_opening(calendar, nominal) - INSTANT), None)
    except NeverOpen as error:
        return str(error)
    why = why_closed(calendar, first)
    return (
        f"It never starts: the calendar '{calendar.name}' is closed at all of its times (at the first: {why}); choose "
        "other times or another calendar, or have closed runs start at the next opening."
    )


def _shown(timing: Timing, moment: datetime) -> str:
    return f"{moment.astimezone(timing.zone()):%Y-%m-%d %H:%M:%S %Z}"
