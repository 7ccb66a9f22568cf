"""Jobs that are over and have left `jobs_job`: the rows of `jobs_history`, each with its attempts and its dependencies.

They are read as jobs. Nothing ties them to other tables any more: whom they name may be gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection, models

from jobs.models.attempt import Attempt
from jobs.models.audit import Audit
from jobs.models.job import Job

COLUMNS = tuple(field.column for field in Job._meta.concrete_fields if field.column is not None)
# Accounts and calendars can be deleted meanwhile. A key that has ended makes no request known again.
GONE = {
    "idempotency_key": "NULL::varchar",
    "idempotency_digest": "NULL::varchar",
    "created_by_id": "(SELECT id FROM auth_user WHERE id = old.created_by_id)",
    "calendar_id": "(SELECT id FROM jobs_calendar WHERE id = old.calendar_id)",
    "batch_id": "(SELECT id FROM jobs_batch WHERE id = old.batch_id)",
}
AS_JOB = ", ".join(f"{GONE.get(name, 'old.' + name)} AS {name}" for name in COLUMNS)
FIND = f"SELECT {AS_JOB}, old.remove_on FROM jobs_history AS old WHERE old.id = %s"  # noqa: S608 - of our own names
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


def find(job_id: int) -> Job | None:
    """Return the job, with its attempts and its audit, if it is in the history; None otherwise."""
    job = next(iter(Job.objects.raw(FIND, [job_id])), None)
    if job is not None:
        job.in_history = True
        attempts = list(Attempt.objects.raw(ITS_ATTEMPTS, [job_id]))
        audit = list(Audit.objects.filter(job_id=job_id).select_related("by"))
        job._prefetched_objects_cache = {"attempts": attempts, "audit": audit}  # type: ignore[attr-defined]
    return job


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
