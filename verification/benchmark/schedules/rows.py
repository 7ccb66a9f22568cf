"""Rows of the benchmark of schedules: made in bulk by the statement that makes every run, and all removed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from jobs.clock import clock
from jobs.models import Job, Schedule
from jobs.states import CatchUp
from jobs.transitions.schedules.succession import AT_LEISURE, move_on
from verification.benchmark.schedules.options import Asked

AT_A_TIME = 1000  # schedules in one transaction
TARGET = "demo.noop"
# As many at one second as there are schedules: both wait alike for those of their own instant.
PLAIN = """
INSERT INTO jobs_job (name, target, payload, queue, run_at)
SELECT 'benchmark ' || %(run)s || ' plain', %(target)s, '{}', %(queue)s,
       %(since)s::timestamptz + floor(n / %(rate)s::float8) * interval '1 second'
FROM generate_series(0, %(jobs)s - 1) n
RETURNING id
"""
REMOVE = (
    "DELETE FROM jobs_attempt USING jobs_job WHERE jobs_attempt.job_id = jobs_job.id AND jobs_job.queue = %s",
    "DELETE FROM jobs_occurrence USING jobs_schedule s WHERE jobs_occurrence.schedule_id = s.id AND s.queue = %s",
    "DELETE FROM jobs_job WHERE queue = %s",
    "DELETE FROM jobs_schedule WHERE queue = %s",
)


def create(
    asked: Asked, run: str, queue: str, numbers: range, *, since: datetime, on_progress: Callable[[int], None]
) -> None:
    """Create the schedules of these numbers with the jobs of their first runs, as create_schedule leaves them but for
    the audit: `rate` of them each second from `since` on, a whole second. `on_progress` is called with how many there
    are so far."""
    for first in range(0, len(numbers), AT_A_TIME):
        now = clock.now()
        some = [
            Schedule(
                name=f"benchmark {run} schedule {number}",
                target=TARGET,
                queue=queue,
                dialect="interval",
                expression=f"{asked.period} seconds",
                starts_at=(begin := since + timedelta(seconds=int(place / asked.rate))),
                anchored_at=begin,
                catch_up=CatchUp.ALL,
                catch_up_limit=1000,
                accounted_until=now,
                created_at=now,
            )
            for place, number in enumerate(numbers[first : first + AT_A_TIME], first)
        ]
        with transaction.atomic():
            made = Schedule.objects.bulk_create(some)
            move_on(made, now=now, most=AT_LEISURE)
        on_progress(first + len(some))


def create_plain(asked: Asked, run: str, queue: str, since: datetime) -> list[int]:
    """Insert the plain jobs, due with the schedules of their second; return their ids."""
    values: dict[str, Any] = {
        "run": run,
        "target": TARGET,
        "queue": queue,
        "since": since,
        "rate": asked.rate,
        "jobs": asked.plain,
    }
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, values)
        return [job_id for (job_id,) in cursor.fetchall()]


def runs_of(queue: str, since: datetime, until: datetime) -> list[int]:
    """Return the ids of the jobs of schedules that are due in this time."""
    found = Job.objects.filter(queue=queue, schedule__isnull=False, nominal_at__gte=since, nominal_at__lt=until)
    return list(found.order_by("id").values_list("pk", flat=True))


def vacuum() -> None:
    """Vacuum and analyze after many rows at once, as autovacuum does by itself a minute later."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE jobs_job, jobs_schedule, jobs_occurrence")


def remove(queue: str) -> None:
    """Remove the schedules and the jobs of this queue; by way of objects it would read 300,000 rows."""
    with connection.cursor() as cursor:
        for statement in REMOVE:
            cursor.execute(statement, [queue])
