"""Facts of all queues: a few bounded statements, asked at most every KEPT_FOR seconds for all who see the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jobs.forecast.soon import MOST_SOON
from jobs.kept import kept
from jobs.models import Job, Limit
from jobs.models.job import DEFAULT_QUEUE
from jobs.models.limit import Kind
from jobs.models.querysets.cohorts import Cohorts, cohorts
from jobs.monitor import live_parts
from jobs.monitor.overview import trends
from jobs.monitor.workers import WorkerLine, worker_lines
from jobs.rights import Reach

KEPT_FOR = 2  # seconds
HOUR = timedelta(hours=1)
MOST_LIMITS = 1_000
HELD_LIMIT = 100  # of each queue; its own page counts on


@dataclass(frozen=True)
class Rules:
    """Limits of a queue. `paused_at`: since when none of its jobs starts, by a person's word."""

    concurrency: int | None
    rate: float | None
    burst: int
    paused_at: datetime | None
    paused_by: str
    pause_reason: str

    @property
    def words(self) -> str:
        """Return the limits in words; empty where there are none."""
        at_a_time = "" if self.concurrency is None else f"{self.concurrency:,} at a time"
        a_second = "" if self.rate is None else f"{self.rate:g} starts a second"
        return ", ".join(filter(None, (at_a_time, a_second)))


@dataclass(frozen=True)
class QueueFacts:
    """A queue now. `coming`: due in the next hour. `held`: read no further than to HELD_LIMIT. `workers`: those that
    take jobs from it, with `slots` slots together."""

    name: str
    due: int
    overdue: int
    coming: int
    oldest: datetime | None  # since when the first has been due; None: nothing is due
    slots: int
    workers: int
    running: int = 0
    held: int = 0
    rules: Rules | None = None

    @property
    def paused(self) -> bool:
        return self.rules is not None and self.rules.paused_at is not None

    @property
    def unserved(self) -> bool:
        """Return whether jobs are due that no worker takes."""
        return self.due > 0 and not self.slots

    @property
    def trouble(self) -> int:
        """Return how bad it is, the worst first: nobody takes its jobs, they are overdue, it is paused, nothing."""
        return 0 if self.unserved else 1 if self.overdue else 2 if self.paused else 3


@dataclass(frozen=True)
class Queues:
    """Facts of all queues that somebody sees. `is_cut`: more is due, of all queues, than was counted."""

    by_name: Mapping[str, QueueFacts]
    ahead: tuple[Cohorts, ...]
    workers: tuple[WorkerLine, ...]
    is_cut: bool

    def of(self, name: str) -> QueueFacts:
        """Return the facts of a queue, of which nothing may be known."""
        return self.by_name.get(name) or _facts(name, [], self.workers, {})


def latest(now: datetime, reach: Reach) -> Queues:
    """Return what this reach sees of all queues, at most KEPT_FOR seconds old. Raises DatabaseError."""
    return kept(f"runat-queues{live_parts.seen_by(reach)}", KEPT_FOR, lambda: take(now, reach))


def take(now: datetime, reach: Reach) -> Queues:
    """Ask the database: five statements, and one for their names every ten seconds."""
    an_hour = round(HOUR.total_seconds() * 1000)
    counted = cohorts(now, now=now, until=now + HOUR, cell=an_hour, within=reach, most=MOST_SOON, among_soonest=True)
    ahead, running = [one for one in counted if one.is_pending], Counter[str]()
    for one in counted:
        if not one.is_pending:
            running[one.queue] += len(one.first)
    hidden = reach.names_of_others(Kind.QUEUE)
    workers = tuple(line.without(hidden) for line in worker_lines(now))
    rules = {limit.name: _rules(limit) for limit in Limit.objects.of_queues(MOST_LIMITS, within=reach)}
    known = trends.known_queues(reach)
    served = {queue for line in workers if line.takes for queue in line.queues}
    names = {
        DEFAULT_QUEUE,
        *served,
        *running,
        *rules,
        *known,
        *(one.queue for one in ahead),
    } - hidden
    held = Job.objects.held_by_queue(names, limit=HELD_LIMIT + 1, within=reach)
    of: dict[str, list[Cohorts]] = {}
    for one in ahead:
        of.setdefault(one.queue, []).append(one)
    found = {
        name: _facts(
            name,
            of.get(name, []),
            workers,
            {"running": running.get(name, 0), "held": held.get(name, 0), "rules": rules.get(name)},
        )
        for name in sorted(names)
    }
    is_cut = sum(map(planned, ahead)) >= MOST_SOON
    return Queues(found, tuple(one for one in ahead if one.queue in names), workers, is_cut)


def planned(one: Cohorts) -> int:
    """Return how many are due by the end of the hour, those that are due already among them."""
    return sum(one.numbers)


def _facts(name: str, ahead: Iterable[Cohorts], workers: Iterable[WorkerLine], more: Mapping[str, Any]) -> QueueFacts:
    """Return the facts of a queue; `more` are those that are known by themselves."""
    theirs = [line for line in workers if line.takes and name in line.queues]
    waiting = list(ahead)
    due = sum(one.waiting for one in waiting)
    return QueueFacts(
        name=name,
        due=due,
        overdue=sum(one.overdue for one in waiting),
        coming=sum(map(planned, waiting)) - due,
        oldest=min((one.oldest for one in waiting if one.waiting and one.oldest), default=None),
        slots=sum(line.slots for line in theirs),
        workers=len(theirs),
        **more,
    )


def _rules(limit: Limit) -> Rules:
    return Rules(
        limit.concurrency,
        limit.rate,
        limit.burst,
        limit.paused_at,
        str(limit.paused_by or ""),
        limit.pause_reason,
    )
