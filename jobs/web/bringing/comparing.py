"""Comparison of schedules with what really ran where they come from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from jobs.models import Occurrence, Schedule
from jobs.states import Cause
from jobs.web.bringing.logs import Log

WITHIN = timedelta(seconds=60)  # of each other two starts are one
MOST_ROWS = 200_000  # of a schedule that are looked at
Stretch = tuple[datetime, datetime]


@dataclass
class Compared:
    """Starts of what one key of the log stands for. Differences in seconds: positive where it ran after its time."""

    names: list[str]
    #: Why there is nothing to compare; empty: there is.
    why_not: str = ""
    differences: list[float] = field(default_factory=list)
    only_there: list[datetime] = field(default_factory=list)
    only_here: list[datetime] = field(default_factory=list)
    #: What ran there while it was off or paused here.
    left_out: int = 0

    @property
    def agrees(self) -> bool:
        return not (self.why_not or self.only_there or self.only_here)

    @property
    def median(self) -> float:
        return median(self.differences) if self.differences else 0.0

    @property
    def worst(self) -> float:
        return max(self.differences, key=abs, default=0.0)


def compare(
    wanted: Sequence[tuple[str, str]],
    log: Log,
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    within: timedelta = WITHIN,
) -> Iterator[Compared]:
    """Yield what schedules have noted beside what the log says: `wanted` are pairs of a key of the log and the name of
    the schedule. Those of one key are compared together: the log does not tell them apart. What the log's ends cut off
    is not counted."""
    groups: dict[str, list[str]] = {}
    for key, name in wanted:
        groups.setdefault(key, []).append(name)
    known = Schedule.objects.in_bulk([name for _, name in wanted], field_name="name")
    begin, end = max(log.first, since or log.first), min(log.last, until or now, now)
    for key, names in groups.items():
        yield _compared(names, known, log.starts.get(key, []), (begin, end), within)


def _compared(
    names: list[str],
    known: Mapping[str, Schedule],
    there: Sequence[datetime],
    span: Stretch,
    within: timedelta,
) -> Compared:
    found = Compared(names)
    if absent := [name for name in names if name not in known]:
        found.why_not = f"There is no schedule {absent[0]!r}; bring it first."
        return found
    schedules = [known[name] for name in names]
    begin, end = max(span[0], *(one.created_at for one in schedules)), span[1]
    within += timedelta(seconds=max(one.spread for one in schedules))
    here, off = _here(schedules, begin - within, end + within)
    if not here:
        found.why_not = "It has noted nothing in the time of this log."
        return found
    left = _match(here, sorted(there), within, found)
    found.only_here = [moment for moment in left[0] if begin <= moment <= end - within]
    for moment in left[1]:
        if any(first - within <= moment <= last + within for first, last in off):
            found.left_out += 1
        elif begin + within <= moment <= end:
            found.only_there.append(moment)
    return found


def _here(schedules: Sequence[Schedule], begin: datetime, end: datetime) -> tuple[list[datetime], list[Stretch]]:
    """Return the times that were noted, or have a job, and the stretches in which there was neither."""
    rows = Occurrence.objects.filter(schedule__in=schedules, number=1, nominal_at__gte=begin, nominal_at__lte=end)
    here, off = [], []
    for nominal, until, cause in rows.order_by("nominal_at").values_list("nominal_at", "until", "cause")[:MOST_ROWS]:
        if until is None and cause in (None, Cause.SHADOW):
            here.append(nominal)
        else:
            off.append((nominal, until or nominal))
    return here, off


def _match(
    here: Sequence[datetime], there: Sequence[datetime], within: timedelta, found: Compared
) -> tuple[list[datetime], list[datetime]]:
    """Pair what lies nearest to each other, the closest first, and return what is left of both."""
    pairs = []
    for place, moment in enumerate(there):
        after = bisect_left(here, moment)
        pairs += [
            (abs(moment - here[other]), place, other)
            for other in (after - 1, after)
            if 0 <= other < len(here) and abs(moment - here[other]) <= within
        ]
    taken_there, taken_here = set(), set()
    for _, place, other in sorted(pairs):
        if place not in taken_there and other not in taken_here:
            taken_there.add(place)
            taken_here.add(other)
            found.differences.append((there[place] - here[other]).total_seconds())
    return (
        [moment for place, moment in enumerate(here) if place not in taken_here],
        [moment for place, moment in enumerate(there) if place not in taken_there],
    )
