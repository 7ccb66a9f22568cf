"""Questions of beats and workers, by the functions of the product, on jobs that are made for it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from jobs import rules, transitions
from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Job, Kind, Limit, Worker
from jobs.models.old_rows import delete_before
from jobs.models.querysets import Listed
from jobs.rules.keeping import old_before
from jobs.scheduler.rescue import rescue
from jobs.scheduler.turns import Turns, WaitingRuns, waits
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended, WorkerIdentity
from jobs.transitions.history import BEGIN, move_part
from verification.benchmark.processes.start import RoundFailed
from verification.benchmark.throughput import backlog
from verification.benchmark.years.timing import Timing

BATCH = 100  # jobs that are listed, taken and ended together
MOVED = 500  # jobs, as the leader moves them
OLD = 2_000  # rows of the worker log, as the leader deletes them
LIMITED = "years-limited"  # a queue
SECOND = timedelta(seconds=1)
BEAT: dict[str, object] = {
    "waiting": 0,
    "minutes_until": None,
    "minute_starts": [],
    "minute_use": [],
    **dict.fromkeys(("running", "offset_ms", "uncertainty_ms", "cpu", "memory", "load"), 1.0),
    **dict.fromkeys(("gpu", "gpu_memory", "foreign_at")),
    **dict.fromkeys(("refusing", "foreign_from"), ""),
}


class Way:
    """The way of a batch of jobs: listed, taken, ended. Raises RoundFailed where others take part in it."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._worker = WorkerIdentity(f"benchmark-{run}", uuid.uuid4())

    def begin(self) -> None:
        """Register the worker."""
        Worker.objects.create(
            session=self._worker.session, name=self._worker.name, pid=1, pool="threads", slots=BATCH, queues=["default"]
        )

    def end(self) -> None:
        """Remove the worker."""
        Worker.objects.filter(session=self._worker.session).delete()

    def batch(self, timing: Timing) -> None:
        """Insert jobs that are due, and take them all the way."""
        ids = self._insert()
        with timing.of(f"list query, {BATCH} due"):
            listed = self._list(clock.current())
        if len(listed) != BATCH:
            raise RoundFailed(f"Of {BATCH} jobs {len(listed)} were listed: others use this database.")
        self._start_and_end(timing, ids, f"{BATCH} jobs")

    def _insert(self, jobs: int = BATCH, queue: str = "default") -> list[int]:
        return backlog.insert(jobs, self._run, queue)

    def _list(self, now: datetime) -> list[Listed]:
        return Job.objects.list_and_mark(
            now=now,
            horizon=now + SECOND,
            window=conf().min_prepare_time,
            client=self._worker.name,
            unpublished_since=None,
            unpublished_after=None,
            crowded=[],
            limit=BATCH * 10,
        )

    def _start_and_end(self, timing: Timing, ids: list[int], which: str) -> None:
        now = clock.current()
        wanted = [AcquireRequest(job_id, 1, uuid.uuid4()) for job_id in ids]
        with timing.of(f"take {which}"):
            got = transitions.acquire(wanted, worker=self._worker, now=now, due_before=now + SECOND, sharing=True)
        if len(got.started) != len(ids):
            raise RoundFailed(f"{len(got.started)} of {len(ids)} jobs were taken: others use this database.")
        with timing.of("heartbeat"):
            Worker.objects.beat(self._worker.session, BEAT)
        ended = [Ended(started, State.COMPLETED, now, clock.current()) for started in got.started]
        with timing.of(f"end {which}"):
            transitions.finish(ended)


class Work(Way):
    """The way of a batch, and what goes on beside it."""

    def begin(self) -> None:
        """Register the worker, and give a queue a limit."""
        super().begin()
        Limit.objects.get_or_create(kind=Kind.QUEUE, name=LIMITED, defaults={"concurrency": 2})

    def end(self) -> None:
        """Remove the worker and the limit."""
        super().end()
        Limit.objects.filter(name=LIMITED).delete()

    def ask(self, timing: Timing) -> None:
        """Ask everything once. Raises RoundFailed."""
        self._create(timing)
        ids = self._insert()
        with timing.of(f"mark {BATCH} of the late lane"):
            Job.objects.mark(ids, now=clock.current())
        again = len(self._list(clock.current()))
        if again:
            raise RoundFailed(f"{again} jobs were listed that had been marked: others use this database.")
        self._start_and_end(Timing(), ids, "marked")
        self.batch(timing)
        with timing.of("list query, none due"):
            self._list(clock.current())
        self._start_and_end(timing, self._insert(1, LIMITED), "a limited job")
        self._beside(timing, clock.current())

    def _create(self, timing: Timing) -> None:
        now = clock.current()
        with timing.of("create a job"):
            new = rules.check_new_job(target="demo.noop", payload={}, run_at=now + timedelta(days=1), now=now)
            job, _ = transitions.create(new, now=now)
        with timing.of("cancel it"):
            transitions.cancel(job.pk, reason="", now=now)

    def _beside(self, timing: Timing, now: datetime) -> None:
        with timing.of("look for vanished workers"):
            rescue(now=now, patience=conf().patience, watching_since=now - timedelta(hours=1))
        with timing.of("look for turns that came unnoticed"):
            Turns()(now=now)
        with timing.of("look for waits that are over"):
            waits(now=now)
        with timing.of("look for runs that wait"):
            WaitingRuns()(now=now)
        with timing.of(f"move {MOVED} to the history"):
            part = move_part(now=now, after=BEGIN, limit=MOVED)
        if not part.moved:
            raise RoundFailed("Nothing was moved to the history: is the moving off (manage.py retention)?")
        with timing.of(f"delete {OLD:,} of the worker log"):
            delete_before("worker log", old_before(now)["worker log"], limit=OLD)
