"""Snapshot of the whole platform, for all who watch. Every question is bounded: see models/querysets/overviews.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from jobs.conf import Conf, conf
from jobs.installation import known
from jobs.models import Installation, Job, Leadership, Limit
from jobs.models.installation import Restored
from jobs.models.job import DEFAULT_QUEUE
from jobs.models.limit import Kind
from jobs.models.querysets import OVERDUE_AFTER
from jobs.models.querysets.overviews import Backlog, Figures
from jobs.monitor.broker import Depths
from jobs.monitor.workers import STATUSES, TAKING, WorkerLine, worker_lines
from project import zones

ROWS = 10  # lines of each list of jobs
FAILED_ROWS = 6
WORKER_ROWS = 50
FIGURES_OF = timedelta(hours=1)
UNPUBLISHED_AFTER = timedelta(seconds=5)
WINDOWS_OF_PATIENCE = 2  # without a list query for longer than this, perhaps nobody leads


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
    waiting: int | None  # messages; None: not known
    slots: int
    paused: bool = False


@dataclass(frozen=True)
class PausedLine:
    """A queue or key of which no job starts, by a person's word."""

    what: str  # queue 'payroll'
    by: str
    reason: str


@dataclass(frozen=True)
class LeaderLine:
    """Leading beat. `absent`: none leads, and none has listed for more than two windows. `unpublished`: jobs of its
    last window still wait for the broker.
    """

    holder: str
    epoch: int
    elected_at: datetime | None
    listed_at: datetime | None
    listed: int
    published_at: datetime | None
    absent: bool
    unpublished: bool
    zones: str = ""  # the release of the time zones that it uses; empty: not known


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


def take(now: datetime, ask_broker: Callable[[Iterable[str]], Depths]) -> Snapshot:
    """Ask the database a dozen questions and the broker one. Raises DatabaseError."""
    c = conf()
    workers = worker_lines(now)
    backlog = Job.objects.backlog(now - OVERDUE_AFTER)
    listed = Job.objects.brief().with_worker()
    limits = list(Limit.objects.paused().select_related("paused_by"))
    depths = ask_broker(_queue_names(workers, backlog, limits))
    figures = Job.objects.latest_figures(now - FIGURES_OF)
    # No more than were counted: the search for one more would read the rest of the hour.
    failed = listed.failed_since(now - FIGURES_OF)[: min(figures.failed, FAILED_ROWS)]
    interrupted = _lines(listed.interrupted()[:ROWS])
    return Snapshot(
        workers=tuple(workers),
        queues=_queues(workers, backlog, limits, depths),
        running=_lines(listed.running().with_progress().order_by("locked_at")[:ROWS], now),
        due_next=_lines(Job.objects.brief().upcoming(now - OVERDUE_AFTER)[:ROWS]),
        overdue=_lines(Job.objects.brief().overdue(now).order_by("due_at", "id")[:ROWS]),
        recent=_lines(listed.recently_finished()[:ROWS]),
        failed=_lines(failed),
        interrupted=interrupted,
        interrupted_count=len(interrupted) if len(interrupted) < ROWS else Job.objects.interrupted().bounded_count(),
        running_count=Job.objects.running().bounded_count(),
        pending_count=sum(b.pending for b in backlog),
        overdue_count=sum(b.overdue for b in backlog),
        held={hold.words: count for hold, count in sorted(Job.objects.held_counts().items())},
        paused=tuple(PausedLine(str(limit), str(limit.paused_by or ""), limit.pause_reason) for limit in limits),
        figures=figures,
        leader=_leader(now, c),
        broker_reachable=depths.reachable,
        restored=Installation.restored(),
    )


def _queue_names(workers: list[WorkerLine], backlog: list[Backlog], limits: list[Limit]) -> set[str]:
    served = {queue for w in workers if w.status in TAKING for queue in w.queues}
    return {DEFAULT_QUEUE} | served | {b.queue for b in backlog} | _paused_queues(limits)


def _paused_queues(limits: list[Limit]) -> set[str]:
    return {limit.name for limit in limits if limit.kind == Kind.QUEUE}


def _queues(
    workers: list[WorkerLine], backlog: list[Backlog], limits: list[Limit], depths: Depths
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
                waiting=depths.waiting.get(name),
                slots=sum(w.slots for w in workers if w.takes and name in w.queues),
                paused=name in paused,
            )
        )
    return tuple(lines)


def _leader(now: datetime, c: Conf) -> LeaderLine:
    row = Leadership.current()
    patience = timedelta(seconds=WINDOWS_OF_PATIENCE * c.min_prepare_time)
    return LeaderLine(
        holder=row.holder if row.elected_at else "",
        epoch=row.epoch if row.elected_at else 0,
        elected_at=row.elected_at,
        listed_at=row.listed_at,
        listed=row.listed if row.listed_at else 0,
        published_at=row.published_at,
        # A beat that cannot publish lists nothing more, but leads: only its lock tells. Asked only when in doubt.
        absent=(row.listed_at is None or now - row.listed_at > patience)
        and not Leadership.lock_holder(known.identity().lock),
        unpublished=bool(
            row.listed and row.published_at is None and row.listed_at and now - row.listed_at > UNPUBLISHED_AFTER
        ),
        zones=row.zones,
    )


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
