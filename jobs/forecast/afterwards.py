"""Forecasts what becomes of queues when jobs of theirs are moved, before anybody moves them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.forecast.forecast import OfQueue, latest, reckon
from jobs.forecast.overloads import Overload
from jobs.forecast.reading import DAY, WEEK, read
from jobs.models.querysets.cohorts import Cohorts
from jobs.rights import Reach

SHOWN = 3  # overloads of a queue
MILLISECOND = timedelta(milliseconds=1)


class Moved(NamedTuple):
    """Pending job that nothing holds, and the time for which it is to be."""

    id: int
    queue: str
    target: str
    run_at: datetime


@dataclass(frozen=True)
class Afterwards:
    """Forecast of the queues of jobs that are moved, of so many hours: as it is, and as it would be."""

    hours: int
    before: tuple[OfQueue, ...]
    after: tuple[OfQueue, ...]

    @property
    def is_calm(self) -> bool:
        return not any(one.overloads for one in self.after)

    @property
    def rows(self) -> Iterator[tuple[str, tuple[Overload, ...], tuple[Overload, ...], int]]:
        """Yield by queue the first overloads as it is and as it would be, and how many more there would be."""
        before = {one.name: one for one in self.before}
        for one in self.after:
            was = before[one.name].overloads if one.name in before else ()
            left = max(len(one.overloads) - SHOWN, 0) + one.more_overloads
            yield one.name, was[:SHOWN], one.overloads[:SHOWN], left


def afterwards(moved: Sequence[Moved], *, now: datetime, within: Reach) -> Afterwards | None:
    """Return what is to be expected; None where a time is beyond what is forecast, or nothing is moved. What is planned
    is read anew, without these jobs."""
    last = max((one.run_at for one in moved), default=None)
    if last is None or last >= now + timedelta(hours=WEEK):
        return None
    hours = DAY if last < now + timedelta(hours=DAY) else WEEK
    names = {one.queue for one in moved}
    found = read(now, hours, within, without=[one.id for one in moved])
    found = replace(found, counted=[*found.counted, *_cohorts(moved, found.base, now)])
    return Afterwards(
        hours,
        tuple(one for one in latest(now=now, hours=hours, within=within).queues if one.name in names),
        tuple(one for one in reckon(found, within).queues if one.name in names),
    )


def _cohorts(moved: Sequence[Moved], base: datetime, now: datetime) -> list[Cohorts]:
    """Return the jobs as they would be counted, each moment by itself."""
    moments: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for one in moved:
        moments[one.queue, one.target][int((max(one.run_at, now) - base) / MILLISECOND)] += 1
    return [
        Cohorts(True, queue, target, 0, 0, None, list(counts), list(counts), list(counts.values()))
        for (queue, target), counts in moments.items()
    ]
