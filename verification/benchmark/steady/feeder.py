"""Puts a steady load into the table as any program may: by plain INSERTs, a batch at a time, from a thread."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from types import TracebackType

from django.db import connection

from jobs.clock import clock

EVERY = 0.1  # seconds between two batches
AT_A_TIME = 1000  # rows in one statement
INSERT = """
INSERT INTO jobs_job (name, target, payload, run_at)
SELECT 'benchmark ' || %(run)s || ' steady', 'demo.noop', '{}',
       %(since)s::timestamptz + (n * %(step)s)::float8 * interval '1 second'
FROM generate_series(%(first)s, %(last)s) n
RETURNING id
"""


class Feeder:
    """Commits `jobs` jobs, due one after another from `since` on, each `ahead` seconds before it is due.

    As a context it runs its thread, and ends it.
    """

    def __init__(self, run: str, *, rate: float, jobs: int, since: datetime, ahead: float) -> None:
        self.created: list[int] = []
        self._run = run
        self._rate, self._jobs, self._since, self._ahead = rate, jobs, since, ahead
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feeder")
        self.feeding: Future[None] | None = None

    @property
    def first_id(self) -> int:
        return min(self.created, default=0)

    def check(self) -> None:
        """Raise what the thread has died of, if it has."""
        if self.feeding is not None and self.feeding.done():
            self.feeding.result()

    def commit_due(self, now: float) -> int:
        """Commit one batch of the jobs due within `ahead` of `now` (seconds since the epoch); return how many."""
        first = len(self.created)
        wanted = min(math.floor((now + self._ahead - self._since.timestamp()) * self._rate) + 1, self._jobs)
        rows = min(wanted - first, AT_A_TIME)
        if rows <= 0:
            return 0
        last, step = first + rows - 1, 1 / self._rate
        with connection.cursor() as cursor:
            cursor.execute(INSERT, {"run": self._run, "since": self._since, "step": step, "first": first, "last": last})
            self.created += [job_id for (job_id,) in cursor.fetchall()]
        return rows

    def __enter__(self) -> Feeder:
        self.feeding = self._pool.submit(self._feed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._pool.shutdown()
        if kind is None:
            self.check()

    def _feed(self) -> None:
        try:
            while len(self.created) < self._jobs and not self._stop.is_set():
                if self.commit_due(clock.timestamp()) < AT_A_TIME:
                    self._stop.wait(EVERY)
        finally:
            connection.close()
