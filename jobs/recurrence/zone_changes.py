"""Changes of clocks that a rule meets: wall times of it that a gap leaves out, or a fold shows twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from jobs.recurrence import stretches
from jobs.recurrence.rule import Every, Once, Rule, Sun, WallClock
from jobs.recurrence.times import after
from jobs.recurrence.walls import wall_times

MOST_WALLS = 100  # of one change that are looked at
SECOND = timedelta(seconds=1)
HOURS_OF_A_DAY = 24


@dataclass(frozen=True)
class ClockChange:
    """Instant at which the clocks of a zone are put forward or back: by how much they differ from UTC before and from
    then on."""

    at: datetime
    before: timedelta
    since: timedelta

    @property
    def is_gap(self) -> bool:
        return self.since > self.before

    @property
    def walls(self) -> tuple[datetime, datetime]:
        """Wall times that are left out or shown twice: from the first, before the second."""
        instant = self.at.astimezone(UTC).replace(tzinfo=None)
        return instant + min(self.before, self.since), instant + max(self.before, self.since)


def changes_of(zone: ZoneInfo, begin: datetime, end: datetime) -> list[ClockChange]:
    """Return the changes of a zone's clocks after `begin` and before `end`."""
    found: list[ClockChange] = []
    first, last = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (begin, end))
    previous = None
    for stretch in stretches.since(zone, first):
        if stretch.begin >= last:
            break
        if previous is not None and previous.offset != stretch.offset:
            found.append(ClockChange(stretch.begin.replace(tzinfo=UTC), previous.offset, stretch.offset))
        previous = stretch
    return found


def met_by(rule: Rule, change: ClockChange, zone: ZoneInfo, *, anchor: datetime) -> Sequence[datetime]:
    """Return the wall times of a rule that this change leaves out or shows twice, no more than MOST_WALLS."""
    low, high = change.walls
    match rule:
        case Every() | Sun():
            return ()
        case Once():
            return () if rule.moment.tzinfo or not low <= rule.moment < high else (rule.moment,)
        case WallClock():
            return tuple(islice(wall_times(rule).between(low, high), MOST_WALLS))
    # Where clocks never change, instants are wall times.
    begins = anchor.astimezone(zone).replace(tzinfo=UTC)
    walls = after(rule, low.replace(tzinfo=UTC) - SECOND, zone=ZoneInfo("UTC"), anchor=begins)
    found = takewhile(lambda wall: wall < high.replace(tzinfo=UTC), walls)
    return tuple(wall.replace(tzinfo=None) for wall in islice(found, MOST_WALLS))


def hours_later(dialect: str, expression: str, hours: int) -> str | None:
    """Return the expression so many hours later on the same days; None where that is not simple: it has no one hour."""
    fields = expression.split()
    if dialect != "cron" or len(fields) != 5 or not (fields[1].isascii() and fields[1].isdecimal()):
        return None
    hour = int(fields[1]) + hours
    return None if hour >= HOURS_OF_A_DAY else " ".join([fields[0], str(hour), *fields[2:]])
