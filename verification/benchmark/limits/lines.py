"""Time of a start, an end, and giving the next job its turn, with so many waiting: no processes, this one alone.

All lines are there at once, and are measured in turns, so that whatever the machine does meanwhile meets them alike.
"""

from __future__ import annotations

import random
import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs import transitions
from jobs.clock import clock
from jobs.models import Job, Kind, Limit
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended, WorkerIdentity
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import Name
from verification.benchmark.limits import rows
from verification.benchmark.processes.start import RoundFailed, Tell
from verification.benchmark.throughput import backlog

ROUNDS = 100
WARM_UP = 5  # rounds that are not counted
QUEUE_LIMIT = 2  # jobs at a time in each queue
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """`waiting` jobs of one limit: in its line, or (`later`) pending with its key, due tomorrow."""

    limit: Name
    queue: str
    waiting: int
    later: bool = False

    @property
    def kind(self) -> str:
        return "key, due tomorrow" if self.later else str(self.limit.kind)


@dataclass
class Cost:
    """Medians in ms, of `rounds` starts and ends each. `turn` is 0 where nobody waits."""

    kind: str
    waiting: int
    start: float
    end: float
    turn: float


@dataclass
class _Took:
    start: list[float] = field(default_factory=list)
    end: list[float] = field(default_factory=list)
    turn: list[float] = field(default_factory=list)


class Lines:
    """Lines of waiting jobs, and a plain job beside them."""

    def __init__(self, run: str, waiting: list[int]) -> None:
        self._word = f"benchmark-{run}-"
        self._shared = f"{self._word}shared"  # the queue of what has a key, or nothing
        self._worker = WorkerIdentity(f"benchmark-{run}", uuid.uuid4())
        self._waiting = waiting
        self._handed: set[Name] = set()

    def measure(self, tell: Tell) -> list[Cost]:
        """Measure each line, and a plain job (kind "none"). Leaves nothing. Raises RoundFailed."""
        queues = [self._shared]
        try:
            lines = list(self._lines(tell))
            queues += {line.queue for line in lines}
            rows.vacuum()
            return self._rounds(lines, tell)
        finally:
            promotion.hand_to(None)
            rows.remove(self._word, *queues, *(f"{self._word}queue-{waiting}" for waiting in self._waiting))
            backlog.remove(*queues)

    def _lines(self, tell: Tell) -> Iterator[Line]:
        since = clock.now() - HOUR
        for place, waiting in enumerate(self._waiting):
            tell("making lines", place, len(self._waiting))
            queue, key = (Name(kind, f"{self._word}{kind}-{waiting}") for kind in (Kind.QUEUE, Kind.KEY))
            Limit.objects.create(kind=Kind.QUEUE, name=queue.name, concurrency=QUEUE_LIMIT)
            rows.queue_up(waiting, queue, queue=queue.name, since=since)
            yield Line(queue, queue.name, waiting)
            rows.queue_up(waiting, key, queue=self._shared, since=since)
            yield Line(key, self._shared, waiting)
            later = Name(Kind.KEY, f"{self._word}later-{waiting}")
            rows.insert(
                waiting,
                name=later.name,
                queue=self._shared,
                key=later.name,
                since=clock.now() + timedelta(days=1),
                apart=1,
            )
            yield Line(later, self._shared, waiting, later=True)

    def _rounds(self, lines: list[Line], tell: Tell) -> list[Cost]:
        took: dict[Line | None, _Took] = defaultdict(_Took)
        everyone: list[Line | None] = [None, *lines]
        promotion.hand_to(self._handed.update)  # measured for itself
        for number in range(ROUNDS + WARM_UP):
            tell("starts and ends", number, ROUNDS + WARM_UP)
            random.shuffle(everyone)
            for line in everyone:
                self._one(line, took[line] if number >= WARM_UP else _Took())
        return [
            Cost(
                "none" if line is None else line.kind,
                0 if line is None else line.waiting,
                *(statistics.median(found) if found else 0.0 for found in (one.start, one.end, one.turn)),
            )
            for line, one in ((line, took[line]) for line in [None, *lines])
        ]

    def _one(self, line: Line | None, took: _Took) -> None:
        """Start and end a job, timed; another joins the line first, so that as many wait each time.

        Raises RoundFailed.
        """
        now = clock.current()
        job = self._next(line, now)
        with _timed(took.start):
            wanted = [AcquireRequest(job.pk, job.version, uuid.uuid4())]
            due = now + timedelta(seconds=1)
            got = transitions.acquire(wanted, worker=self._worker, now=now, due_before=due, sharing=True)
        if len(got.started) != 1:
            raise RoundFailed(f"Job {job.pk} of {line} could not be started.")
        ended = Ended(got.started[0], State.COMPLETED, now, clock.current())
        with _timed(took.end):
            transitions.finish([ended])
        names, self._handed = self._handed, set()
        promotion.hand_to(self._handed.update)
        if line is not None and not line.later:
            with _timed(took.turn):
                promotion.promote(names, now=clock.current(), seconds=promotion.AT_MOST)

    def _next(self, line: Line | None, now: datetime) -> Job:
        """Return the job whose turn it is."""
        if line is None or line.later:
            name, key = (f"{self._word}plain", None) if line is None else (line.limit.name, line.limit.name)
            (job_id,) = rows.insert(1, name=name, queue=self._shared, key=key, since=now - HOUR, apart=0)
            return Job.objects.get(pk=job_id)
        rows.queue_up(1, line.limit, queue=line.queue, since=now)
        of_limit = {str(line.limit.kind): line.limit.name}
        free = Job.objects.pending().filter(holds=0, **of_limit).order_by("run_at")
        job = free.first()
        if job is None:  # the first of all
            promotion.promote([line.limit], now=now, seconds=promotion.AT_MOST)
            job = free.first()
        if job is None:
            raise RoundFailed(f"Nobody in the line of the {line.limit} had a turn.")
        return job


@contextmanager
def _timed(into: list[float]) -> Iterator[None]:
    """Note the milliseconds that it takes."""
    began = time.perf_counter()
    yield
    into.append((time.perf_counter() - began) * 1000)
