"""Jobs that are over and have left `jobs_job`: the rows of `jobs_history`, each with its attempts and its dependencies.

They are read as jobs. Nothing ties them to other tables any more: whom they name may be gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import models

from jobs.database import connection
from jobs.models import accounts
from jobs.models.attempt import Attempt
from jobs.models.audit import Audit
from jobs.models.job import Job
from jobs.models.querysets.within import IN_REACH, reach_values

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

COLUMNS = tuple(field.column for field in Job._meta.concrete_fields if field.column is not None)
# Accounts and calendars can be deleted meanwhile. A key that has ended makes no request known again.
GONE = {
    "idempotency_key": "NULL::varchar",
    "idempotency_digest": "NULL::varchar",
    "created_by_id": "(SELECT {key} FROM {users} WHERE {key} = old.created_by_id)",
    "calendar_id": "(SELECT id FROM jobs_calendar WHERE id = old.calendar_id)",
    "batch_id": "(SELECT id FROM jobs_batch WHERE id = old.batch_id)",
}


@cache
def as_job() -> str:
    """Return the columns of a row of the history as those of a job."""
    columns = ", ".join(f"{GONE.get(name, 'old.' + name)} AS {name}" for name in COLUMNS)
    return columns.format(**accounts.names())


# Not one query: its planner would think of each column once for each partition.
THESE = """
WITH old AS MATERIALIZED (SELECT * FROM jobs_history WHERE id = ANY (%s::bigint[]))
SELECT {as_job}, old.remove_on, old.waits_for AS left_waits_for, old.dependents AS left_dependents
FROM old ORDER BY old.finished_at DESC, old.id DESC
"""
ITS_ATTEMPTS = """
SELECT its.* FROM jobs_history AS old, jsonb_populate_recordset(NULL::jobs_attempt, old.attempts) AS its
WHERE old.id = %s ORDER BY its.number
"""


class Kept(models.Model):
    """A row of `jobs_kept`: a job that stays when its time has come to be removed, whether it has left `jobs_job` or
    not."""

    job_id = models.BigIntegerField(primary_key=True, help_text="Whose row it is, wherever that is.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = "kept"

    def __str__(self) -> str:
        return f"job {self.job_id} is kept"


class Outcome(NamedTuple):
    """Outcome of a job that is in the history."""

    state: int
    finished_at: datetime | None
    run_at: datetime
    execute_at: datetime | None


def found(job_ids: Collection[int]) -> list[Job]:
    """Return those of these jobs that are in the history, the last that ended first, with who has created them."""
    jobs = list(Job.objects.raw(THESE.format(as_job=as_job()), [list(job_ids)]))
    for job in jobs:
        job.in_history = True
    models.prefetch_related_objects(jobs, "created_by", "calendar")
    return jobs


def find(job_id: int) -> Job | None:
    """Return the job, with its attempts and its audit, if it is in the history; None otherwise."""
    job = next(iter(found([job_id])), None) if 0 < job_id < 2**63 else None
    if job is not None:
        attempts = list(Attempt.objects.raw(ITS_ATTEMPTS, [job_id]))
        audit = list(Audit.objects.filter(job_id=job_id))
        job._prefetched_objects_cache = {"attempts": attempts, "audit": audit}  # type: ignore[attr-defined]
    return job


def in_bulk(job_ids: Collection[int], jobs: models.QuerySet[Job]) -> dict[int, Job]:
    """Return these of the jobs by their ids, and of those that are missing what is in the history. No statement for
    none, and one where none is missing."""
    there = jobs.in_bulk(list(job_ids)) if job_ids else {}
    left = set(job_ids) - there.keys()
    return there | {job.pk: job for job in (found(left) if left else ())}


def some_ids(limit: int) -> list[int]:
    """Return the ids of some jobs of the history, of any that come first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM jobs_history LIMIT %s", [limit])
        return [job_id for (job_id,) in cursor.fetchall()]


def outcomes(job_ids: Collection[int]) -> dict[int, Outcome]:
    """Return what became of those of these that are in the history. No statement for none."""
    if not job_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, state, finished_at, run_at, execute_at FROM jobs_history WHERE id = ANY (%s::bigint[])",
            [list(job_ids)],
        )
        return {row[0]: Outcome(*row[1:]) for row in cursor.fetchall()}


class Filter(NamedTuple):
    """Jobs of the history that are asked for; None: any."""

    states: list[int] | None = None
    queue: str | None = None
    target: str | None = None
    name: str | None = None
    batch: int | None = None
    labels: str | None = None  # a JSON object: with all of these


class Position(NamedTuple):
    """Position in the list of the history, the last that ended first: after that job."""

    finished_at: datetime
    id: int


# So many rows are looked at in one question, whatever is asked for: who asks for what is rare gets it in several.
LOOK = 5_000
LISTED = f"""
WITH looked AS MATERIALIZED (
    SELECT id, finished_at,
        (%(states)s::int[] IS NULL OR state = ANY (%(states)s)) AND (%(queue)s::text IS NULL OR queue = %(queue)s)
        AND (%(target)s::text IS NULL OR target = %(target)s) AND (%(name)s::text IS NULL OR name = %(name)s)
        AND (%(batch)s::bigint IS NULL OR batch_id = %(batch)s)
        AND (%(labels)s::jsonb IS NULL OR labels @> %(labels)s::jsonb) AND {IN_REACH} AS fits
    FROM jobs_history
    WHERE %(at)s::timestamptz IS NULL OR (finished_at <= %(at)s AND (finished_at, id) < (%(at)s, %(id)s))
    ORDER BY finished_at DESC, id DESC LIMIT %(look)s
)
SELECT ARRAY(SELECT id FROM looked WHERE fits ORDER BY finished_at DESC, id DESC LIMIT %(limit)s),
    (SELECT count(*) FROM looked), last.finished_at, last.id
FROM (SELECT 1) AS one LEFT JOIN LATERAL (SELECT * FROM looked ORDER BY finished_at, id LIMIT 1) AS last ON true
"""  # noqa: S608 - ours


def listed(wanted: Filter, after: Position | None, *, limit: int, within: Reach) -> tuple[list[Job], Position | None]:
    """Return a page of the jobs of the history that are within this reach, the last that ended first, `limit` at most,
    and the position after which the next page comes; None where there is none."""
    at, after_id = after or (None, 0)
    asked = {**wanted._asdict(), **reach_values(within), "at": at, "id": after_id, "look": LOOK, "limit": limit + 1}
    with connection.cursor() as cursor:
        cursor.execute(LISTED, asked)
        ids, looked, *last = cursor.fetchone()
    jobs = found(ids[:limit])
    if len(ids) > limit and (ended := jobs[-1].finished_at):
        return jobs, Position(ended, jobs[-1].pk)
    return jobs, Position(*last) if looked == LOOK else None
