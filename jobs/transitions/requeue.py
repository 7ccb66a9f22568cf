"""Makes a job PENDING again: the one way back."""

from __future__ import annotations

from datetime import datetime

from jobs import publishing
from jobs.models import Job
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import Listed
from jobs.states import Hold, State


def requeue(job: Job, *, run_at: datetime, now: datetime, reason: str = "", over_calendar: bool = False) -> None:
    """Make the job, whose row the caller has locked, PENDING for `run_at` under a new version: messages of the old
    one acquire nothing. Inside the listed window we publish it ourselves at commit; beyond it the list query does.
    `over_calendar`: a person wants this start, whatever its calendar says."""
    # Nobody's word at this moment stands for an approval, or for the end of what it waits for.
    holds = job.holds & (Hold.APPROVAL | Hold.DEPENDENCIES)
    late = run_at < publishing.horizon(now) and not holds
    Job.objects.filter(pk=job.pk).update(
        state=State.PENDING,
        run_at=run_at,
        version=NEXT_VERSION,
        enqueued_at=now if late else None,
        deliveries=1 if late else 0,
        holds=holds,
        not_before=None,
        asked_run_at=None,
        calendar_waived=over_calendar,
        waited_for="",
        turn_at=None,
        joined_id=None,
        locked_at=None,
        execute_at=None,
        finished_at=None,
        cancel_requested_at=None,
        reason=reason,
    )
    listed = [Listed.first(job, run_at, version=job.version + 1)]
    if late:
        publishing.late_publisher.at_commit(listed)
    elif not holds:
        publishing.late_publisher.overtaken_at_commit(listed)


def keep_place(job: Job, *, now: datetime) -> None:
    """Let the due job, whose row the caller has locked, start as soon as its limits let it, whatever its calendar says:
    its `run_at`, which says where it stands in line, and its moment stay. New messages go out for one that is free."""
    holds = job.holds & ~Hold.PERSON
    Job.objects.filter(pk=job.pk).update(
        version=NEXT_VERSION,
        holds=holds,
        calendar_waived=True,
        enqueued_at=None,
        deliveries=0,
    )
    if not holds:
        publishing.publish_at_commit([Listed.first(job, version=job.version + 1)], now=now)
