"""Takes back what an operation has done, where nobody has changed the job since and it has not started."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from jobs.database import connection
from jobs.models import Job, Operation, Verb
from jobs.rights.target_rules import is_dangerous
from jobs.states import Hold, State
from jobs.transitions.operations import words
from jobs.transitions.operations.together import Part, Row, To, cancel_each, requeue_all

# What takes each back. What was settled by a person's word stays so.
BACK = {
    Verb.CANCEL: Verb.RETRY,
    Verb.RESCHEDULE: Verb.RESCHEDULE,
    Verb.RUN_NOW: Verb.RESCHEDULE,
    Verb.RETRY: Verb.CANCEL,
    Verb.EDIT: Verb.EDIT,
}

# Of each job that it has changed why that cannot be taken back; empty where it can. In the order in which people would
# say it.
JUDGED = """
SELECT noted.job_id, (noted.before ->> 'run_at')::timestamptz AS run_at, noted.before ->> 'queue' AS queue, CASE
    WHEN job.id IS NULL THEN %(gone)s
    WHEN noted.from_state = 1 OR job.state NOT IN (0, 4, 6) THEN %(started)s
    WHEN job.version <> noted.version OR job.state <> %(state)s THEN %(changed)s
    WHEN CASE WHEN %(moved)s THEN (noted.before ->> 'run_at')::timestamptz WHEN %(cancelled)s THEN job.run_at END
        <= %(now)s THEN %(over)s
    ELSE '' END AS cause
FROM jobs_audit AS noted LEFT JOIN jobs_job AS job ON job.id = noted.job_id
WHERE noted.operation_id = %(operation)s
"""
CAUSES = f"SELECT cause, count(*) FROM ({JUDGED}) AS judged GROUP BY 1 ORDER BY 1"  # noqa: S608 - ours
OF_THESE = f"{JUDGED} AND noted.job_id = ANY (%(ids)s::bigint[]) ORDER BY noted.job_id"
PART = "SELECT job_id FROM jobs_audit WHERE operation_id = %s AND job_id > %s ORDER BY job_id LIMIT %s"


class Judged(NamedTuple):
    """A job that was changed. `run_at`, `queue`: what they were, where it has changed them; `cause`: why it stays as it
    is now."""

    job_id: int
    run_at: datetime | None
    queue: str | None
    cause: str


def causes(undone: Operation, *, now: datetime) -> dict[str, int]:
    """Count the jobs that this operation has changed by why that cannot be taken back; by "" those that can."""
    with connection.cursor() as cursor:
        cursor.execute(CAUSES, _values(undone, now))
        return dict(cursor.fetchall())


def part_of(undone: Operation, *, after: int, limit: int) -> list[int]:
    """Return the ids of the next jobs that this operation has changed."""
    with connection.cursor() as cursor:
        cursor.execute(PART, [undone.pk, after, limit])
        return [job_id for (job_id,) in cursor.fetchall()]


def judge(undone: Operation, ids: list[int], *, now: datetime) -> list[Judged]:
    """Judge these of the jobs that it has changed; ask under the locks of their rows."""
    with connection.cursor() as cursor:
        cursor.execute(OF_THESE, {**_values(undone, now), "ids": ids})
        return [Judged(*row) for row in cursor.fetchall()]


def take_back(undone: Operation, pairs: list[tuple[Row, Judged]], part: Part) -> list[int]:
    """Take back what was done to these jobs, whose rows are locked; return the ids of those that must be taken one by
    one."""
    verb = undone.does
    if verb == Verb.RETRY:
        cancel_each([row for row, _ in pairs], part)
        return []
    if verb == Verb.CANCEL:
        # What they wait for may have ended meanwhile.
        alone = [row.id for row, _ in pairs if row.waits_for_end is not None]
        rows = [row for row, _ in pairs if row.waits_for_end is None]
        requeue_all([To(row, row.run_at, holds=held) for row, held in _with_approval(rows)], BACK[verb], part)
        return alone
    if verb == Verb.EDIT:
        return [row.id for row, _ in pairs]
    requeue_all([To(row, before.run_at) for row, before in pairs if before.run_at is not None], BACK[verb], part)
    return []


def _with_approval(rows: list[Row]) -> list[tuple[Row, int]]:
    """Return the rows with what they wait for when they are not cancelled after all: the cancellation has taken that
    away."""
    payloads = dict(Job.objects.filter(pk__in=[row.id for row in rows]).order_by().values_list("id", "payload"))
    return [(row, Hold.APPROVAL * is_dangerous(row.target, payloads[row.id])) for row in rows]


def _values(undone: Operation, now: datetime) -> dict[str, Any]:
    verb = undone.does
    return {
        "operation": undone.pk,
        "now": now,
        "state": State.CANCELLED if verb == Verb.CANCEL else State.PENDING,
        "cancelled": verb == Verb.CANCEL,
        "moved": verb in (Verb.RESCHEDULE, Verb.RUN_NOW),
        "gone": words.GONE,
        "started": words.STARTED,
        "changed": words.CHANGED_SINCE,
        "over": words.TIME_IS_OVER,
    }
