"""Snapshot of the whole platform, for all who watch. Every question is bounded: see models/querysets/overviews.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from jobs import zones
from jobs.models import Alert, Installation, Job, Limit
from jobs.models.installation import Restored
from jobs.models.job import DEFAULT_QUEUE
from jobs.models.limit import Kind
from jobs.models.querysets import OVERDUE_AFTER
from jobs.models.querysets.overviews import Backlog, Figures
from jobs.monitor.broker import Depths
from jobs.monitor.leading import LeaderLine, leader_line
from jobs.monitor.stops import StopLine, stop_lines
from jobs.monitor.workers import STATUSES, TAKING, WorkerLine, worker_lines
from jobs.rights import EVERYTHING, Reach

ROWS = 10  # lines of each list of jobs
FAILED_ROWS = 6
WORKER_ROWS = 50
ALERTS_COUNTED = 1_000
FIGURES_OF = timedelta(hours=1)


@dataclass(frozen=True)
class JobLine:
    """A job as the lists show it; milliseconds."""

    id: int
    title: str
    target: str
    queue: str
    state: int
    run_at: datetime
    locked_at: datetime | None
    finished_at: datetime | None
    delay_ms: float | None
    duration_ms: float | None
    worker: str
    beyond_deadline: bool = False
    asked_to_stop: bool = False
    progress: float | None = None
    progress_note: str = ""


@dataclass(frozen=True)
class QueueLine:
    """A queue: what waits by the table and by the broker, and how many living slots take from it."""

    name: str
    pending: int
    overdue: int
    oldest: datetime | None
    waiting: int | None  # messages of all teams; None: not known, or not for who watches
    slots: int
    paused: bool = False


@dataclass(frozen=True)
class PausedLine:
    """A queue or key of which no job starts, by a person's word."""

    what: str  # queue 'payroll'
    kind: str
    name: str
    by: str
    reason: str


@dataclass(frozen=True)
class Snapshot:
    """The facts. They change only when something has happened, not by the passing of time."""

    workers: tuple[WorkerLine, ...]
    queues: tuple[QueueLine, ...]
    running: tuple[JobLine, ...]
    due_next: tuple[JobLine, ...]
    overdue: tuple[JobLine, ...]
    recent: tuple[JobLine, ...]
    failed: tuple[JobLine, ...]
    interrupted: tuple[JobLine, ...]
    interrupted_count: int
    running_count: int
    pending_count: int  # held by nothing
    overdue_count: int
    held: dict[str, int]  # by cause
    paused: tuple[PausedLine, ...]
    figures: Figures
    leader: LeaderLine
    broker_reachable: bool
    restored: Restored | None = None  # why no job starts, after a restore
    stops: tuple[StopLine, ...] = ()
    alerts: int = 0  # that are open

    @property
    def zones(self) -> dict[str, tuple[str, ...]]:
        """Return which processes use which release of the time zones: web, which asks, the leading beat, workers."""
        found: dict[str, list[str]] = {zones.RELEASE: ["web"]}
        if self.leader.zones and not self.leader.absent:
            found.setdefault(self.leader.zones, []).append("beat")
        for worker in self.alive:
            if worker.zones:
                found.setdefault(worker.zones, []).append(worker.name)
        return {release: tuple(names) for release, names in found.items()}

    @property
    def alive(self) -> tuple[WorkerLine, ...]:
        return tuple(w for w in self.workers if w.status in TAKING)

    @property
    def taking(self) -> tuple[WorkerLine, ...]:
        """Workers that live and take jobs."""
        return tuple(w for w in self.workers if w.takes)

    @property
    def shown_workers(self) -> tuple[WorkerLine, ...]:
        """Return as many workers as a page can hold, what is wrong first."""
        return tuple(sorted(self.workers, key=lambda w: (STATUSES.index(w.status), not w.refusing)))[:WORKER_ROWS]

    @property
    def slots(self) -> int:
        return sum(w.slots for w in self.taking)

    @property
    def busy(self) -> int:
        """Return how many of the slots run a job, of whatever team."""
        return sum(w.busy for w in self.taking)


def take(now: datetime, ask_broker: Callable[[Iterable[str]], Depths], reach: Reach = EVERYTHING) -> Snapshot:
    """Ask the database a dozen questions and the broker one, about what is within this reach: what all share, such as
    workers, and no queue of another team. Raises DatabaseError."""
    jobs = Job.objects.within(reach)
    workers = [line.without(reach.names_of_others("queue")) for line in worker_lines(now)]
    backlog = jobs.backlog(now - OVERDUE_AFTER, within=reach)
    listed = jobs.brief().with_worker()
    limits = list(Limit.objects.within(reach).paused().select_related("paused_by"))
    depths = ask_broker(_queue_names(workers, backlog, limits))
    figures = jobs.latest_figures(now - FIGURES_OF)
    # No more than were counted: the search for one more would read the rest of the hour.
    failed = listed.failed_since(now - FIGURES_OF)[: min(figures.failed, FAILED_ROWS)]
    interrupted = _lines(listed.interrupted()[:ROWS])
    return Snapshot(
        workers=tuple(workers),
        queues=_queues(workers, backlog, limits, depths, reach),
        running=_lines(listed.running().with_progress().order_by("locked_at")[:ROWS], now),
        due_next=_lines(jobs.brief().upcoming(now - OVERDUE_AFTER)[:ROWS]),
        overdue=_lines(jobs.brief().overdue(now).order_by("due_at", "id")[:ROWS]),
        recent=_lines(listed.recently_finished()[:ROWS]),
        failed=_lines(failed),
        interrupted=interrupted,
        interrupted_count=len(interrupted) if len(interrupted) < ROWS else jobs.interrupted().bounded_count(),
        running_count=jobs.running().bounded_count(),
        pending_count=sum(b.pending for b in backlog),
        overdue_count=sum(b.overdue for b in backlog),
        held={hold.words: count for hold, count in sorted(jobs.held_counts().items())},
        paused=tuple(map(_paused_line, limits)),
        figures=figures,
        leader=leader_line(now, reach),
        broker_reachable=depths.reachable,
        restored=Installation.restored(),
        stops=stop_lines(now),
        alerts=Alert.objects.within(reach).open().order_by()[:ALERTS_COUNTED].count(),
    )


def _queue_names(workers: list[WorkerLine], backlog: list[Backlog], limits: list[Limit]) -> set[str]:
    served = {queue for w in workers if w.status in TAKING for queue in w.queues}
    return {DEFAULT_QUEUE} | served | {b.queue for b in backlog} | _paused_queues(limits)


def _paused_line(limit: Limit) -> PausedLine:
    return PausedLine(str(limit), limit.kind, limit.name, str(limit.paused_by or ""), limit.pause_reason)


def _paused_queues(limits: list[Limit]) -> set[str]:
    return {limit.name for limit in limits if limit.kind == Kind.QUEUE}


def _queues(
    workers: list[WorkerLine], backlog: list[Backlog], limits: list[Limit], depths: Depths, reach: Reach
) -> tuple[QueueLine, ...]:
    waiting, paused = {b.queue: b for b in backlog}, _paused_queues(limits)
    lines = []
    for name in sorted(_queue_names(workers, backlog, limits)):
        found = waiting.get(name)
        lines.append(
            QueueLine(
                name=name,
                pending=found.pending if found else 0,
                overdue=found.overdue if found else 0,
                oldest=found.oldest if found else None,
                waiting=depths.waiting.get(name) if reach.has(Kind.QUEUE, name) else None,
                slots=sum(w.slots for w in workers if w.takes and name in w.queues),
                paused=name in paused,
            )
        )
    return tuple(lines)


def _lines(jobs: QuerySet[Job], now: datetime | None = None) -> tuple[JobLine, ...]:
    """Return the jobs as lines; with `now` they say whether they are beyond their deadline."""
    return tuple(
        JobLine(
            id=job.pk,
            title=job.name or job.target,
            target=job.target,
            queue=job.queue,
            state=job.state,
            run_at=job.run_at,
            locked_at=job.locked_at,
            finished_at=job.finished_at,
            delay_ms=job.delay_ms,
            duration_ms=job.duration_ms,
            worker=getattr(job, "worker", None) or "",
            beyond_deadline=now is not None and job.is_beyond_deadline(now),
            asked_to_stop=job.cancel_requested_at is not None,
            progress=getattr(job, "progress", None),
            progress_note=getattr(job, "progress_note", None) or "",
        )
        for job in jobs
    )
