"""Puts the workload into the table: the plan at once, the live jobs from a thread, all through jobs.transitions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from django.db import DatabaseError, connection

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Job
from verification.benchmark.score import Row
from verification.benchmark.workload import BODY_SECONDS, Planned, Series, live_is_over, live_pauses, live_run_at
from verification.rows import jobs_of, starts_of

AT_A_TIME = 500  # jobs in one transaction: the soonest ones must not wait for the whole load to commit
TARGET = "demo.sleep"


@dataclass(frozen=True)
class Call:
    """Target and payload of a job."""

    target: str
    payload: dict[str, Any]


class Load:
    """Jobs of one round. As a context it runs the thread of live inserts, and ends it."""

    def __init__(self, run: str, seed: int, *, since: datetime, duration: timedelta, window: timedelta) -> None:
        self.run = run
        self.created: dict[int, Series] = {}
        self._seed = seed
        self._since, self._duration, self.window = since, duration, window
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")
        self._live: Future[None] | None = None

    @property
    def first_id(self) -> int:
        return min(self.created, default=0)

    def commit(self, plan: Sequence[Planned], call: Call | None = None) -> None:
        """Create the planned jobs, soonest first, each to make this call instead of the load's own: past the rules, by
        which perhaps only the workers may make it."""
        for start in range(0, len(plan), AT_A_TIME):
            some = plan[start : start + AT_A_TIME]
            now = clock.now()
            new = [
                self.new(job.series, job.run_at, now)
                if call is None
                else rules.NewJob(call.target, call.payload, job.run_at, name=self._name(job.series))
                for job in some
            ]
            for planned, job_id in zip(some, transitions.create_many(new, now=now), strict=True):
                self.created[job_id] = planned.series

    def check(self) -> None:
        """Raise what the thread of live inserts has died of, if it has."""
        if self._live is not None and self._live.done():
            self._live.result()

    def __enter__(self) -> Load:
        self._live = self._pool.submit(self._insert_live)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._pool.shutdown()
        if kind is None:
            self.check()

    def _insert_live(self) -> None:
        try:
            for pause in live_pauses(self._seed):
                if live_is_over(self.now(), self._since, self._duration, self.window):
                    return
                if self._stop.wait(pause.total_seconds()):
                    return
                self.created[self.create_live()] = Series.LIVE
        finally:
            connection.close()

    def rows(self) -> list[Row]:
        """Return this round's jobs as the table and the ledger have them, by id."""
        starts = starts_of(self.created)
        return [
            row_of(job, burst=self.created.get(job.pk) == Series.BURST, starts=starts.get(job.pk, 0))
            for job in jobs_of(self.run, self.first_id).order_by("id")
        ]

    def now(self) -> datetime:
        return clock.current()

    def create_live(self) -> int:
        """Insert one live job and return its id."""
        now = clock.now()
        job, _ = transitions.create(self.new(Series.LIVE, live_run_at(now, self.window), now), now=now)
        return job.pk

    def new(self, series: Series, run_at: datetime, now: datetime) -> rules.NewJob:
        """Return a new job of the load, checked."""
        new = rules.NewJob(TARGET, {"seconds": BODY_SECONDS}, run_at, name=self._name(series))
        return rules.checked(new, now=now)

    def _name(self, series: Series) -> str:
        return f"benchmark {self.run} {series}"


def withdraw(run: str) -> None:
    """Cancel what a round that was cut short would leave for the workers of others."""
    with suppress(DatabaseError):
        pending = jobs_of(run, first_id=0).pending()
        for job_id in list(pending.values_list("pk", flat=True)):
            transitions.cancel(job_id, now=clock.now(), reason="The benchmark was cut short.")


def row_of(job: Job, *, burst: bool, starts: int) -> Row:
    """Return the part of a job that is scored."""
    return Row(
        job_id=job.pk,
        burst=burst,
        state=job.state,
        run_at=job.run_at,
        created_at=job.created_at,
        locked_at=job.locked_at,
        execute_at=job.execute_at,
        finished_at=job.finished_at,
        starts=starts,
    )
