"""The workload of the benchmark, with bodies that note themselves and inserts that outlive a lost database."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connection

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Job
from verification.benchmark.load import Load
from verification.benchmark.workload import Series, live_run_at
from verification.drill.ledger import TARGET, key_of_run
from verification.drill.load import mix

T = TypeVar("T")

RETRY_S = 0.5
RETRY_FOR_S = 60.0
# By which an insert may come late on a machine that so much is done to: what is due a window ahead of the reading of
# the clock must be so by the time of its statement.
WRITTEN_WITHIN = timedelta(seconds=2)


class DrillLoad(Load):
    """`queue`: the one that only our workers take from; `dense_queue`: that of the dense windows, likewise;
    `receiver`: host and port that HTTP jobs call."""

    def __init__(self, run: str, seed: int, *, queue: str, dense_queue: str, receiver: str, **times: Any) -> None:
        super().__init__(run, seed, **times)
        self._queue, self._dense_queue, self._receiver = queue, dense_queue, receiver
        self._numbers = itertools.count(1)

    def create_live(self) -> int:
        """Insert one job, return its id; when the database fails, look whether it was accepted before trying again."""
        number = next(self._numbers)

        def insert() -> int:
            known = Job.objects.filter(pk__gte=self.first_id, name=self._name_of(number, Series.LIVE)).first()
            if known is not None:
                return known.pk
            now = clock.now()
            new = self._new(number, Series.LIVE, live_run_at(now, self.window) + WRITTEN_WITHIN, now)
            return transitions.create(new, now=now)[0].pk

        return retry_until_answered(insert)

    def now(self) -> datetime:
        return retry_until_answered(clock.current)

    def new(self, series: Series, run_at: datetime, now: datetime) -> rules.NewJob:
        return self._new(next(self._numbers), series, run_at, now)

    def _name_of(self, number: int, series: Series) -> str:
        return f"drill {self.run} {series} {self.run}-{number}"

    def _new(self, number: int, series: Series, run_at: datetime, now: datetime) -> rules.NewJob:
        dense, noted = series == Series.DENSE, {"key": f"{self.run}-{number}"}
        kind = mix.PLAIN if dense else mix.kind(self._seed, number)
        new = rules.NewJob(
            target="http" if kind.http else TARGET,
            payload={"url": f"http://{self._receiver}/", "json": noted} if kind.http else noted,
            run_at=run_at,
            name=self._name_of(number, series),
            queue=self._dense_queue if dense else self._queue,
            key=f"{self._queue} {self.run} {kind.key}" if kind.key else None,
            key_limit=kind.key_limit,
        )
        return rules.checked(new, now=now)


def ledger_key(job: Job) -> str:
    """Return the key of a job of the load in the independent ledger: the last word of its name, and for the run of a
    schedule its nominal time."""
    word = job.name.rpartition(" ")[2]
    return word if job.nominal_at is None else key_of_run(word, job.nominal_at)


def retry_until_answered(question: Callable[[], T]) -> T:
    """Ask until the database answers: it is the drill itself that takes it away. Raises after a minute."""
    until = time.monotonic() + RETRY_FOR_S
    while True:
        try:
            return question()
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(RETRY_S)
