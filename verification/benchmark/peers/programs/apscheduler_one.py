"""APScheduler 3: one process that schedules, keeps its jobs in PostgreSQL, and runs them in threads."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from verification.benchmark.peers.programs import protocol

GRACE_S = 30  # the exercise's MaxDelayTime; by default a job that is a second late is dropped


class CountingStore(SQLAlchemyJobStore):  # type: ignore[misc]  # its package is not installed where types are checked
    def get_due_jobs(self, now: datetime) -> Any:
        protocol.listed()
        return super().get_due_jobs(now)


def work(name: str, slots: str) -> None:
    """Run jobs, and feed them too: another process could add jobs, but would not wake this one."""
    scheduler = BackgroundScheduler(
        jobstores={"default": CountingStore(url=os.environ[protocol.DATABASE].replace("://", "+psycopg://", 1))},
        executors={"default": ThreadPoolExecutor(int(slots))},
        job_defaults={"misfire_grace_time": GRACE_S},
        timezone=UTC,
    )

    def schedule(job_id: int, run_at: datetime | None) -> None:
        scheduler.add_job(protocol.body, "date", run_date=run_at, args=[job_id], id=str(job_id))

    def run() -> None:
        scheduler.start()
        protocol.ready()
        protocol.feed(schedule)

    protocol.until_stopped(run)


if __name__ == "__main__":
    protocol.main({"worker": work})
