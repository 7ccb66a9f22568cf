"""Begins operations as the page does, lets a real beat go on with them, and looks how long each takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection

from jobs.clock import clock, steady
from jobs.models import Job, Operation, Verb
from jobs.rights import reach_of
from jobs.states import State
from jobs.transitions import operations
from jobs.transitions.operations import AskedOfMany
from launcher.interrupts import Interrupts
from verification.benchmark import machine, preconditions
from verification.benchmark.machine import Machine
from verification.benchmark.many.options import Asked
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work

GOAL = 20.0  # seconds, for 100,000 jobs
PATIENCE = 600.0  # seconds for one operation
FILL = """
INSERT INTO jobs_job (target, payload, queue, run_at, labels)
SELECT 'demo.noop', '{}', %(queue)s, now() + interval '1 day' + n * interval '1 millisecond', '{}'
FROM generate_series(1, %(jobs)s) AS n
"""
STEPS: tuple[tuple[Verb, dict[str, Any], State], ...] = (
    (Verb.CANCEL, {}, State.CANCELLED),
    (Verb.RESCHEDULE, {"by_seconds": 3600}, State.PENDING),
)
FORGET = "DELETE FROM jobs_job WHERE queue = %s"


@dataclass(frozen=True)
class Step:
    """An operation: what it did, the seconds from the request to its count, to its first batch and to its end."""

    what: str
    counted: float
    first: float
    whole: float
    done: int
    right: bool


@dataclass
class Result:
    """Figures of all operations. `last_words`: the beat's log, when something raised."""

    options: Asked
    machine: Machine
    logs: Path
    steps: list[Step] = field(default_factory=list)
    last_words: str = ""

    @property
    def passed(self) -> bool:
        return all(step.right for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        return {
            "options": {**asdict(self.options), "json": str(self.options.json)},
            "machine": asdict(self.machine),
            "steps": [asdict(step) for step in self.steps],
        }


class Many:
    """Benchmark of operations."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options = options
        self._queue = f"many-{run}"
        self._interrupts = interrupts
        self.cluster = Cluster(instances=0, slots=1, beats=1)

    @property
    def headline(self) -> str:
        return f"Operations on {self.options.jobs:,} jobs by one filter; logs in {self.cluster.folder}"

    def carry_out(self, tell: Tell) -> Result:
        """Cancel all, take that back, move all, take that back. Leaves nothing. Raises RoundFailed."""
        clock.measure()
        preconditions.require_alone(clock.now())
        result = Result(self.options, machine.describe(), self.cluster.folder)
        by = self._person()
        try:
            with connection.cursor() as cursor:
                cursor.execute(FILL, {"queue": self._queue, "jobs": self.options.jobs})
                cursor.execute("VACUUM ANALYZE jobs_job")
            with at_work(self.cluster, None, self._interrupts, tell) as wait:
                for verb, more, state in STEPS:
                    asked = AskedOfMany(verb, {"queue": self._queue}, **more)
                    result.steps += self._both_ways(asked, by, state, wait)
            if problems := self.cluster.problems():
                result.last_words = "\n".join([*problems, self.cluster.last_words()])
        finally:
            self._remove(by)
        return result

    def _both_ways(self, asked: AskedOfMany, by: User, state: State, wait: Tell) -> Iterator[Step]:
        now = clock.current()
        began = steady()
        operations.count(asked, reach_of(by), now=now)
        counted = steady() - began
        done = operations.begin(asked, reason="A benchmark.", by=by, now=now).operation
        yield self._step(done, began, counted, state, wait)
        began = steady()
        operations.count_undo(done, now=clock.current())
        counted = steady() - began
        undone = operations.begin_undo(done.pk, reason="A benchmark.", by=by, now=clock.current()).operation
        yield self._step(undone, began, counted, State.PENDING, wait)

    def _step(self, operation: Operation, began: float, counted: float, state: State, wait: Tell) -> Step:
        """Do the first batch as the page does, and wait until the beat has done the rest."""
        what = str(operation.verb) if operation.undoes is None else f"undo of {operation.undoes.verb}"
        operations.go_on(operation.pk, now=clock.current())
        first = steady() - began
        while operation.ended_at is None:
            passed = steady() - began
            if passed > PATIENCE:
                raise RoundFailed(f"Operation {operation.pk} has not ended; logs are in {self.cluster.folder}.")
            wait(what, passed, PATIENCE)
            operation.refresh_from_db()
        whole = (operation.ended_at - operation.created_at).total_seconds() + counted
        there = Job.objects.filter(queue=self._queue, state=state).count()
        right = there == operation.done == self.options.jobs
        return Step(what, counted, first, whole, operation.done, right)

    def _person(self) -> User:
        user = User.objects.create(username=self._queue)
        wanted = Permission.objects.filter(content_type__app_label="jobs", codename__in=["control_job", "view_job"])
        user.user_permissions.set(wanted)
        return User.objects.get(pk=user.pk)

    def _remove(self, by: User) -> None:
        begun = Operation.objects.filter(created_by=by)
        begun.filter(undoes__isnull=False).delete()
        begun.delete()
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [self._queue])
            cursor.execute("VACUUM jobs_job")
        by.delete()
