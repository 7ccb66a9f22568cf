"""The workload of the benchmark, with bodies that note themselves and inserts that outlive a lost database."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connection

from jobs import rules, transitions
from jobs.benchmark.load import Load
from jobs.benchmark.workload import Series, live_run_at
from jobs.clock import clock
from jobs.drill.ledger import TARGET
from jobs.models import Job

T = TypeVar("T")

RETRY_S = 0.5
INSIST_S = 60.0
HELD_UP = timedelta(seconds=0.5)  # by which an insert may come late on a machine that so much is done to


class DrillLoad(Load):
    """`queue`: the one that only our workers take from."""

    def __init__(self, run: str, seed: int, *, queue: str, **times: Any) -> None:
        super().__init__(run, seed, **times)
        self._queue = queue
        self._numbers = itertools.count(1)

    def create_live(self) -> int:
        """Insert one; when the database fails, look whether it was accepted before trying again."""
        number = next(self._numbers)

        def insert() -> int:
            known = Job.objects.filter(pk__gte=self.first_id, payload__key=self._key(number)).first()
            if known is not None:
                return known.pk
            now = clock.now()
            new = self._new(number, Series.LIVE, live_run_at(now, self.window) + HELD_UP, now)
            return transitions.create(new, now=now)[0].pk

        return insist(insert)

    def now(self) -> datetime:
        return insist(clock.current)

    def new(self, series: Series, run_at: datetime, now: datetime) -> rules.NewJob:
        return self._new(next(self._numbers), series, run_at, now)

    def _key(self, number: int) -> str:
        return f"{self.run}-{number}"

    def _new(self, number: int, series: Series, run_at: datetime, now: datetime) -> rules.NewJob:
        return rules.check_new_job(
            target=TARGET,
            payload={"key": self._key(number)},
            run_at=run_at,
            now=now,
            name=f"drill {self.run} {series}",
            queue=self._queue,
        )


def insist(question: Callable[[], T]) -> T:
    """Ask until the database answers: it is the drill itself that takes it away. Raises after a minute."""
    until = time.monotonic() + INSIST_S
    while True:
        try:
            return question()
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(RETRY_S)
