"""The one way back to PENDING."""

from __future__ import annotations

from datetime import datetime

from jobs import dispatcher
from jobs.models import Job
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import Listed
from jobs.states import State


def repend(job: Job, *, run_at: datetime, now: datetime, reason: str = "") -> None:
    """Make the job, whose row the caller has locked, PENDING for `run_at` under a new version: messages of the old
    one acquire nothing. Inside the listed window we publish it ourselves at commit; beyond it the list query does."""
    late = run_at < dispatcher.horizon(now)
    Job.objects.filter(pk=job.pk).update(
        state=State.PENDING,
        run_at=run_at,
        version=NEXT_VERSION,
        enqueued_at=now if late else None,
        deliveries=1 if late else 0,
        locked_at=None,
        execute_at=None,
        finished_at=None,
        reason=reason,
    )
    if late:
        dispatcher.late_lane.at_commit([Listed(job.pk, job.version + 1, run_at, job.queue, 1)])
