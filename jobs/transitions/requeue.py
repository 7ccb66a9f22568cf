"""Makes a job PENDING again, or many: the one way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from jobs import publishing
from jobs.database import connection
from jobs.models import Job
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import Listed
from jobs.models.querysets.listing import ToPublish
from jobs.states import Hold, State


class OfMany(ToPublish, Protocol):
    """A job's row, which the caller has locked, as far as many are requeued by it."""

    @property
    def state(self) -> int: ...
    @property
    def holds(self) -> int: ...
    @property
    def approved_at(self) -> datetime | None: ...


class Anew(NamedTuple):
    """A job of many, and the time for which a person wants it to be pending. `holds`: None for those that it has."""

    row: OfMany
    run_at: datetime
    over_calendar: bool
    holds: int | None = None


class NotAll(Exception):
    """Error where jobs are others than those whose rows were locked."""


# As `requeue` does it for one, by a person.
REQUEUE_EACH = """
UPDATE jobs_job AS job SET state = 0, run_at = anew.run_at, version = job.version + 1,
    enqueued_at = CASE WHEN anew.late THEN %(now)s::timestamptz END, deliveries = anew.late::int, holds = anew.holds,
    approved_at = NULL, not_before = NULL, asked_run_at = NULL, calendar_waived = anew.over_calendar,
    waited_for = '', turn_at = NULL, joined_id = NULL, locked_at = NULL, execute_at = NULL, finished_at = NULL,
    cancel_requested_at = NULL, reason = ''
FROM unnest(%(ids)s::bigint[], %(versions)s::int[], %(states)s::smallint[], %(run_at)s::timestamptz[],
    %(over_calendar)s::boolean[], %(holds)s::smallint[], %(late)s::boolean[])
    AS anew (id, version, state, run_at, over_calendar, holds, late)
WHERE job.id = ANY (%(ids)s::bigint[]) AND job.id = anew.id AND job.version = anew.version AND job.state = anew.state
"""


def requeue_each(jobs: Sequence[Anew], *, now: datetime) -> None:
    """Make these jobs PENDING as `requeue` does it by a person, all by one statement."""
    until = publishing.horizon(now)
    holds = [
        (one.row.holds if one.holds is None else one.holds) & (Hold.APPROVAL | Hold.DEPENDENCIES) | _to_approve(one.row)
        for one in jobs
    ]
    late = [one.run_at < until and not held for one, held in zip(jobs, holds, strict=True)]
    values: dict[str, Any] = {
        "now": now,
        "ids": [one.row.id for one in jobs],
        "versions": [one.row.version for one in jobs],
        "states": [one.row.state for one in jobs],
        "run_at": [one.run_at for one in jobs],
        "over_calendar": [one.over_calendar for one in jobs],
        "holds": [int(held) for held in holds],
        "late": late,
    }
    with connection.cursor() as cursor:
        cursor.execute(REQUEUE_EACH, values)
        if cursor.rowcount != len(jobs):
            raise NotAll(f"{cursor.rowcount} of {len(jobs)} jobs were as they were locked")
    free = [
        (Listed.first(one.row, one.run_at, version=one.row.version + 1), at_once)
        for one, held, at_once in zip(jobs, holds, late, strict=True)
        if not held
    ]
    publishing.late_publisher.at_commit([listed for listed, at_once in free if at_once])
    soon = until + publishing.SOON
    publishing.late_publisher.overtaken_at_commit(
        [listed for listed, at_once in free if not at_once and listed.run_at < soon]
    )


def requeue(
    job: Job, *, run_at: datetime, now: datetime, reason: str = "", over_calendar: bool = False, by_person: bool = False
) -> None:
    """Make the job, whose row the caller has locked, PENDING for `run_at` under a new version: messages of the old
    one acquire nothing. Inside the listed window we publish it ourselves at commit; beyond it the list query does.
    `over_calendar`: a person wants this start, whatever its calendar says. `by_person`: this start is another than was
    approved, if one was."""
    # Nobody's word at this moment stands for an approval, or for the end of what it waits for.
    holds = job.holds & (Hold.APPROVAL | Hold.DEPENDENCIES) | (_to_approve(job) if by_person else 0)
    late = run_at < publishing.horizon(now) and not holds
    Job.objects.filter(pk=job.pk).update(
        state=State.PENDING,
        run_at=run_at,
        version=NEXT_VERSION,
        enqueued_at=now if late else None,
        deliveries=1 if late else 0,
        holds=holds,
        approved_at=None if by_person else job.approved_at,
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
    its `run_at`, which says where it stands in line, and its moment stay. New messages go out for one that is free. A
    person wants this: it is not the start that was approved, if one was."""
    holds = job.holds & ~Hold.PERSON | _to_approve(job)
    Job.objects.filter(pk=job.pk).update(
        version=NEXT_VERSION,
        holds=holds,
        approved_at=None,
        calendar_waived=True,
        enqueued_at=None,
        deliveries=0,
    )
    if not holds:
        publishing.publish_at_commit([Listed.first(job, version=job.version + 1)], now=now)


def _to_approve(job: Job | OfMany) -> int:
    """Return the hold of a job that has been approved, and is to be so anew."""
    return 0 if job.approved_at is None else int(Hold.APPROVAL)
