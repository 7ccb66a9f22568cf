"""Cost of a set of jobs, as the table and the ledger say: exact, and the same on any machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from jobs.models import WorkerLog
from verification.rows import logged

# A row's xmin is the transaction that wrote it last: of a completed job the one that recorded its end.
JOBS = """
SELECT count(*), count(*) FILTER (WHERE state = 2), count(DISTINCT xmin::text) FILTER (WHERE state = 2),
       coalesce(extract(epoch FROM max(finished_at) - min(execute_at)), 0)::float8
FROM jobs_job WHERE id = ANY (%s)
"""
# One acquisition stamps all its rows alike.
STARTS = """
SELECT count(*), count(DISTINCT job_id), count(DISTINCT (session, locked_at)) FROM jobs_attempt WHERE job_id = ANY (%s)
"""


@dataclass(frozen=True)
class Facts:
    """`starts`: rows of the ledger; `started`: jobs that have any; `acquisitions` and `endings`: transactions that
    took rows and that recorded ends; `seconds`: from the first entry of a body to the last end of one."""

    jobs: int
    completed: int
    endings: int
    seconds: float
    starts: int
    started: int
    acquisitions: int
    acquire_failures: int

    @property
    def transactions_per_job(self) -> float:
        return (self.acquisitions + self.endings) / max(self.jobs, 1)

    @property
    def jobs_per_second(self) -> float:
        return self.completed / self.seconds if self.seconds else 0.0

    def flaws(self, created: int) -> list[str]:
        """Return what was lost, and what was started twice, a sentence each."""
        found = []
        if not created == self.jobs == self.completed == self.started:
            found.append(
                f"{created} jobs were created, {self.jobs} are in the table, {self.started} were started, "
                f"{self.completed} completed."
            )
        if self.starts != self.started:
            found.append(f"{self.started} jobs were started {self.starts} times.")
        return found


def read(job_ids: Sequence[int]) -> Facts:
    """Read the facts about these jobs, when they have ended."""
    ids = list(job_ids)
    failures = logged(WorkerLog.Action.ACQUIRE_FAILURE, ids)
    with connection.cursor() as cursor:
        cursor.execute(JOBS, [ids])
        jobs, completed, endings, seconds = cursor.fetchone()
        cursor.execute(STARTS, [ids])
        starts, started, acquisitions = cursor.fetchone()
    return Facts(jobs, completed, endings, seconds, starts, started, acquisitions, failures)
