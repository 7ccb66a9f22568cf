"""The rows of the benchmark of limits, by SQL; its queues, keys and jobs have names of the run, and go with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast, Concat

from jobs.models import Job, Kind, Limit
from jobs.transitions.limits.names import HOLDS, Name

# `apart` seconds from one to the next.
INSERT = """
INSERT INTO jobs_job (name, target, payload, queue, key, run_at, holds)
SELECT %(name)s, 'demo.noop', '{}', %(queue)s, %(key)s,
       %(since)s::timestamptz + (n * %(apart)s)::float8 * interval '1 second', %(holds)s
FROM generate_series(0, %(jobs)s - 1) n
RETURNING id
"""

DELETE_STARTS = """
DELETE FROM jobs_attempt USING jobs_job WHERE jobs_attempt.job_id = jobs_job.id AND jobs_job.queue = ANY (%s)
"""


def insert(
    jobs: int, *, name: str, queue: str, since: datetime, apart: float, key: str | None = None, holds: int = 0
) -> list[int]:
    """Insert so many jobs, `apart` seconds from each other; return their ids."""
    values: dict[str, Any] = {"jobs": jobs, "name": name, "queue": queue, "key": key, "holds": int(holds)}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values | {"since": since, "apart": apart})
        return [job_id for (job_id,) in cursor.fetchall()]


def queue_up(jobs: int, limit: Name, *, queue: str, since: datetime) -> None:
    """Put so many jobs in the line of a limit, a millisecond apart."""
    key = limit.name if limit.kind == Kind.KEY else None
    insert(jobs, name=limit.name, queue=queue, key=key, since=since, apart=0.001, holds=HOLDS[limit.kind])


def own_keys(queue: str) -> None:
    """Give each job of this queue a key of its own."""
    Job.objects.filter(queue=queue).update(key=Concat("key", Cast("id", TextField())))


def vacuum() -> None:
    """Vacuum and analyze after many rows at once, as autovacuum does by itself a minute later."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE jobs_job, jobs_turn")


def remove(word: str, *queues: str) -> None:
    """Remove the jobs of these queues, and the limits whose names begin with that word."""
    with connection.cursor() as cursor:  # by way of objects it would read 200,000 rows
        cursor.execute(DELETE_STARTS, [list(queues)])
        cursor.execute("DELETE FROM jobs_job WHERE queue = ANY (%s)", [list(queues)])
    Limit.objects.filter(name__startswith=word).delete()
