"""The workers as the monitor shows them: whether they live, whether they take jobs, and how their machines are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from jobs.conf import conf
from jobs.models import Attempt, Worker
from jobs.nodes.cache import Vitals, cache, fresher
from jobs.nodes.metrics import Reading

WORKERS_READ = 1_000
DEPARTED_SHOWN_FOR = timedelta(minutes=10)
FOREIGN_SHOWN_FOR = timedelta(minutes=10)
STATUSES = ("gone", "silent", "alive", "stopped")  # in the order of the page
TAKING = ("alive", "silent")  # a worker that missed a heartbeat may still take jobs


@dataclass(frozen=True)
class Minutes:
    """Last hour of a life of a worker: starts, and percent of its slots that were taken, of each minute up to `until`,
    the oldest first; None: not known."""

    until: datetime
    starts: tuple[int | None, ...]
    use: tuple[int | None, ...]


@dataclass(frozen=True)
class WorkerLine:
    """A worker process. `status`: alive, silent (it missed a heartbeat), gone (it vanished) or stopped (good-bye)."""

    session: UUID
    name: str
    status: str
    heartbeat_at: datetime
    busy: int
    slots: int
    offset_ms: float
    queues: tuple[str, ...]
    reading: Reading
    refusing: str  # why it takes no jobs; empty: it does
    drained: bool
    zones: str = ""  # the release that it uses; empty: not known
    foreign: str = ""  # whose messages it gets beside its own; empty: nobody's
    pool: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    waiting: int | None = None  # jobs that it holds for their time; None: not known
    minutes: Minutes | None = None
    started_at: datetime | None = None
    left_at: datetime | None = None  # when it stopped, or was found to be gone
    uncertainty_ms: float = 0.0

    def without(self, queues: frozenset[str]) -> WorkerLine:
        """Return this line without these queues."""
        return replace(self, queues=tuple(name for name in self.queues if name not in queues)) if queues else self

    @property
    def takes(self) -> bool:
        return self.status in TAKING and not self.refusing

    @property
    def look(self) -> str:
        """Return the worker's status; for one that is there and takes no jobs, why in a word."""
        if self.status in TAKING and self.refusing:
            return "drained" if self.drained else "full"
        return self.status


def worker_lines(
    now: datetime, busy: Mapping[UUID, int] | None = None, departed_for: timedelta = DEPARTED_SHOWN_FOR
) -> list[WorkerLine]:
    """Return the workers to show. Two questions to the database, one to the cache of readings. `busy`: the slots that
    are taken, by whoever knows them already; `departed_for`: for how long those are shown that have left."""
    busy = Attempt.objects.open_by_session() if busy is None else busy
    seen = list(Worker.objects.seen_since(now - departed_for)[:WORKERS_READ])
    cached = cache.read(worker.session for worker in seen if not worker.left)
    return [_line(w, fresher(w, cached.get(w.session)), busy.get(w.session, 0), now) for w in seen]


def minutes_of(worker: Worker) -> Minutes | None:
    """Return the last hour of this life of a worker; None where it has said nothing of it."""
    if worker.minutes_until is None or len(worker.minute_starts) != len(worker.minute_use):
        return None
    return Minutes(worker.minutes_until, tuple(worker.minute_starts), tuple(worker.minute_use))


def _line(worker: Worker, vitals: Vitals, busy: int, now: datetime) -> WorkerLine:
    c = conf()
    age = now - worker.heartbeat_at
    if worker.stopped_at is not None:
        status = "stopped"
    elif worker.gone_at is not None or age > c.patience:
        status = "gone"
    else:
        status = "silent" if age > timedelta(seconds=2 * c.heartbeat_interval) else "alive"
    return WorkerLine(
        session=worker.session,
        name=worker.name,
        status=status,
        heartbeat_at=worker.heartbeat_at,
        busy=busy,
        slots=worker.slots,
        offset_ms=worker.offset_ms,
        queues=tuple(worker.queues),
        reading=vitals.reading.rounded(),
        refusing=vitals.refusing,
        drained=worker.drained_at is not None,
        zones=worker.zones,
        foreign=worker.foreign_from if worker.foreign_at and now - worker.foreign_at < FOREIGN_SHOWN_FOR else "",
        pool=worker.pool,
        versions=tuple(sorted(worker.versions.items())),
        waiting=worker.waiting,
        minutes=minutes_of(worker),
        started_at=worker.started_at,
        left_at=worker.stopped_at or worker.gone_at,
        uncertainty_ms=worker.uncertainty_ms,
    )
