"""Real processes, one run in four parts: as always; one limit locked by somebody else; a long line of another resumed;
as always again, since machines that others share change.

Plain jobs, jobs of a limited queue and jobs with keys are due all the time, on one worker that serves all the queues.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.models import Job, Kind, Limit
from jobs.states import Hold
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import LOCKS, Name
from launcher.interrupts import Interrupts
from verification.benchmark import facts, score
from verification.benchmark.limits import rows
from verification.benchmark.limits.options import Asked
from verification.benchmark.limits.signs import Signs
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import Tell, at_work
from verification.benchmark.score import Spread
from verification.benchmark.steady.flow import begin
from verification.benchmark.throughput import backlog
from verification.rows import jobs_of, list_queries

PARTS = ("as always", "one limit locked", "a line resumed", "as always again")
ROOMY, NARROW = 1000, 2  # jobs at a time: of the queue that is measured; of those that are locked and resumed
SLOWER = 4  # jobs of those, for one of each kind that is measured
MILLISECOND = timedelta(milliseconds=1)
BETWEEN = 2.0  # seconds between two parts: what the last one has left is over


@dataclass(frozen=True)
class Part:
    """Figures of one part, by kind of jobs: how late they started (`delays`) and how late their rows were taken
    (`rows_late`), both in ms; seconds between the leader's signs of life, and between its list queries.
    """

    name: str
    delays: dict[str, Spread | None]
    rows_late: dict[str, Spread | None]
    signs: Spread | None
    lists: Spread | None


@dataclass
class Outcome:
    """Result of all parts. `answered`: seconds until the resume was; `moved`: of the line, jobs that had their turn by
    the end of that part; `leaders`: sessions that have had the lock; `deadlocks`: of the database, meanwhile.
    """

    parts: list[Part]
    answered: float
    moved: int
    leaders: int
    deadlocks: int
    flaws: list[str]
    problems: list[str]
    last_words: str


class Disturbed:
    """`kinds`: what is measured, and the queues of it."""

    def __init__(self, asked: Asked, run: str, interrupts: Interrupts) -> None:
        self._asked, self._run, self._interrupts = asked, run, interrupts
        self._word = f"benchmark-{run}-"
        self.kinds = {kind: f"{self._word}{kind}" for kind in ("plain", "limited", "keyed")}
        self._locked, self._resumed = f"{self._word}locked", f"{self._word}resumed"
        self._queues = [*self.kinds.values(), self._locked, self._resumed]
        self.cluster = Cluster(instances=1, slots=asked.slots, beats=1, queue=",".join(self._queues))
        self._created: list[int] = []

    def carry_out(self, tell: Tell) -> Outcome:
        """Run all parts on real processes and return their figures. Leaves nothing. Raises RoundFailed."""
        tell("making a line to resume", 0, 1)
        try:
            self._prepare()
            before = _deadlocks()
            with at_work(self.cluster, self._run, self._interrupts, tell) as wait, Signs() as signs:
                times, answered, moved = self._run_parts(wait)
                self._wait_final(wait)
            parts = [self._part(name, *when, signs) for name, when in zip(PARTS, times, strict=True)]
            found = facts.read(self._created)
            problems = self.cluster.problems()
            return Outcome(
                parts=parts,
                answered=answered,
                moved=moved,
                leaders=len(signs.pids),
                deadlocks=_deadlocks() - before,
                flaws=found.flaws(len(self._created)),
                problems=problems,
                last_words=self.cluster.last_words() if problems else "",
            )
        finally:
            tell("removing the line", 0, 1)
            rows.remove(self._word, *self._queues)
            backlog.remove(*self._queues)

    def _prepare(self) -> None:
        now = clock.now()
        limits = {self.kinds["limited"]: ROOMY, self._locked: NARROW, self._resumed: NARROW}
        for name, concurrency in limits.items():
            Limit.objects.create(kind=Kind.QUEUE, name=name, concurrency=concurrency)
        pausing.pause(Name(Kind.QUEUE, self._resumed), now=now, reason="Until it is resumed.")
        limit = Name(Kind.QUEUE, self._resumed)
        rows.queue_up(self._asked.resume, limit, queue=self._resumed, since=now - timedelta(hours=1))
        rows.vacuum()

    def _run_parts(self, wait: Tell) -> tuple[list[tuple[datetime, datetime]], float, int]:
        """Run all parts. Returns begin and end of each, the seconds to answer the resume, the jobs that had turns."""
        c, each = conf(), timedelta(seconds=self._asked.duration)
        since = begin(clock.current(), c.min_prepare_time, c.look_ahead)
        apart = each + timedelta(seconds=BETWEEN)
        times = [(since + n * apart, since + n * apart + each) for n in range(len(PARTS))]
        self._load(since, (times[-1][1] - since).total_seconds())
        self._until(times[0][1], "as always", wait)
        self._until(times[1][0], "as always", wait)
        with _locked(Name(Kind.QUEUE, self._locked)):
            self._until(times[1][1], "one limit locked", wait)
        self._until(times[2][0], "as always", wait)
        with ThreadPoolExecutor(1) as pool:
            resuming = pool.submit(_resume, Name(Kind.QUEUE, self._resumed))
            self._until(times[2][1], "a line resumed", wait)
        moved = self._asked.resume - Job.objects.in_line(Kind.QUEUE, self._resumed, Hold.QUEUE).count()
        self._stop_the_line()
        self._until(times[3][1], "as always again", wait)
        return times, resuming.result(), moved

    def _load(self, since: datetime, seconds: float) -> None:
        """Insert the whole load before it is due. Each of the keyed jobs has a key of its own."""
        apart = 1 / self._asked.rate
        jobs = int(seconds * self._asked.rate)
        name = f"benchmark {self._run} limits"
        for kind, queue in self.kinds.items():
            key = f"{self._word}key" if kind == "keyed" else None
            self._created += rows.insert(jobs, name=name, queue=queue, key=key, since=since, apart=apart)
        rows.own_keys(self.kinds["keyed"])
        self._created += rows.insert(jobs // SLOWER, name=name, queue=self._locked, since=since, apart=apart * SLOWER)

    def _until(self, moment: datetime, what: str, wait: Tell) -> None:
        began = clock.now()
        while (now := clock.current()) < moment:
            wait(what, (now - began).total_seconds(), (moment - began).total_seconds())

    def _stop_the_line(self) -> None:
        pausing.pause(Name(Kind.QUEUE, self._resumed), now=clock.now(), reason="It was measured.")

    def _wait_final(self, wait: Tell) -> None:
        began, longest = clock.now(), conf().min_prepare_time + conf().max_delay_time
        jobs = jobs_of(self._run, min(self._created))
        while (passed := (clock.now() - began).total_seconds()) < longest and jobs.unfinished().exists():
            for _ in range(4):
                wait("the last jobs", passed, longest)

    def _part(self, name: str, since: datetime, until: datetime, signs: Signs) -> Part:
        lead = timedelta(seconds=conf().arm_lead)
        delays: dict[str, Spread | None] = {}
        rows_late: dict[str, Spread | None] = {}
        for kind, queue in self.kinds.items():
            jobs = Job.objects.filter(queue=queue, run_at__gte=since, run_at__lt=until)
            times = list(jobs.values_list("run_at", "locked_at", "execute_at"))
            delays[kind] = score.summary([(entered - due) / MILLISECOND for due, _, entered in times if entered])
            taken = [(locked - due + lead) / MILLISECOND for due, locked, _ in times if locked]
            rows_late[kind] = score.summary(taken)
        log = list_queries(since - timedelta(seconds=2 * conf().min_prepare_time), until)
        pairs = pairwise(log.order_by("at").values_list("at", flat=True))
        gaps = [(later - sooner).total_seconds() for sooner, later in pairs if since <= later]
        return Part(name, delays, rows_late, score.summary(signs.gaps(since, until)), score.summary(gaps))


def _resume(name: Name) -> float:
    began = steady()
    try:
        pausing.resume(name, now=clock.now())
        return steady() - began
    finally:
        connection.close()


@contextmanager
def _locked(name: Name) -> Iterator[None]:
    """Lock a limit as somebody with psql would: its advisory lock, and its row."""
    has, go = threading.Event(), threading.Event()

    def lock() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS, f"{name.kind}:{name.name}"])
                cursor.execute("SELECT FROM jobs_lane WHERE kind = %s AND name = %s FOR UPDATE", [name.kind, name.name])
                has.set()
                go.wait()
        finally:
            has.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        locking = pool.submit(lock)
        has.wait()
        try:
            yield
        finally:
            go.set()
        locking.result()


def _deadlocks() -> int:
    """Return the deadlocks of this database so far, as its server counts them."""
    time.sleep(1.0)  # a session tells within a second
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        found: int = cursor.fetchone()[0]
        return found
