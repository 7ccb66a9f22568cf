"""Looks what becomes of jobs that are moved or spread, before anybody does it: from when to when, what they are bound
by, and the forecast afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from jobs.forecast.afterwards import Afterwards, Moved, afterwards
from jobs.rights import Reach
from jobs.transitions.operations import AskedOfMany
from jobs.transitions.operations.asked import ordered, to_spread
from jobs.transitions.operations.spreading import MOST, in_order

# What a job may be bound by, and what that does to one that is moved: docs/operations.md says the same.
BOUND: tuple[tuple[str, Q, str], ...] = (
    ("calendar", Q(calendar__isnull=False), "has a calendar: where it is closed at the new time it decides then"),
    ("within", Q(start_within__isnull=False), "may start only so long after its time: counted from the new one"),
    ("deadline", Q(deadline__isnull=False), "has a deadline: counted from the new time"),
    ("key", Q(key__isnull=False), "has a key: it leaves that line, and stands in it by its new time"),
    ("schedule", Q(schedule__isnull=False), "is a run of a schedule: its nominal time and the next run stay"),
    ("approved", Q(approved_at__isnull=False), "was approved: the new time is to be approved again"),
)


@dataclass(frozen=True)
class Ahead:
    """Jobs that are moved: how many, when they are due and when they would be. `stay`: how many are there already;
    `bound`: what some of them are bound by, each with how many; `forecast`: None where it is beyond its end."""

    jobs: int
    first: datetime
    last: datetime
    to_first: datetime
    to_last: datetime
    stay: int
    is_cut: bool
    bound: Sequence[tuple[str, int]]
    forecast: Afterwards | None


def look(asked: AskedOfMany, reach: Reach, now: datetime) -> Ahead | None:
    """Return what would become of them; None where there is none. Two statements beside those of the filters, and some
    seven for the forecast."""
    found = to_spread(asked, reach, now)
    jobs = in_order(found)
    if not jobs:
        return None
    is_cut, jobs = len(jobs) > MOST, jobs[:MOST]
    if asked.spreads:
        asked = ordered(asked, jobs, now)
    pairs = [(job, at) for job in jobs if (at := asked.moved(job.id, job.run_at, now)) is not None]
    if not pairs:
        return None
    free = [Moved(job.id, job.queue, job.target, at) for job, at in pairs if job.is_free]
    counts = found.order_by().aggregate(**{name: Count("pk", filter=condition) for name, condition, _ in BOUND})
    return Ahead(
        jobs=len(pairs),
        first=jobs[0].run_at,
        last=jobs[-1].run_at,
        to_first=min(at for _, at in pairs),
        to_last=max(at for _, at in pairs),
        stay=sum(job.run_at == at for job, at in pairs),
        is_cut=is_cut,
        bound=[(words, counts[name]) for name, _, words in BOUND if counts[name]],
        forecast=afterwards(free, now=now, within=reach),
    )
