"""Fills what a busy installation has beside its old jobs, by SQL: 100 queues and 300 targets with their figures of the
past, workers, jobs that run and that come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from jobs.models import Worker

QUEUES, EACH = 100, 3  # queues, and targets of each
WORKERS, SLOTS = 20, 10
RUNNING, COMING, OVERDUE = 150, 20_000, 50  # jobs
AHEAD = timedelta(minutes=15)  # for which there are figures already: for as long as somebody looks
SPANS = ((10, timedelta(minutes=45)), (60, timedelta(hours=13)), (3600, timedelta(days=31)))

SERIES = """
INSERT INTO jobs_series (queue, target, team, used_on)
SELECT 'look-' || q, CASE WHEN t = 0 THEN '' ELSE 'look.target' || q || '-' || t END, '', %(now)s::date
FROM generate_series(1, %(queues)s) AS q, generate_series(0, %(each)s) AS t
"""
FIGURES = """
INSERT INTO jobs_rollup
SELECT %(step)s, at, id, n, n - mod(n, 2), mod(n, 2), 0, n, n * 0.4, n * 0.3, 900 + mod(id, 200),
    ARRAY[ARRAY[16, n - 3], ARRAY[20, 1], ARRAY[37, 1], ARRAY[60, 1]],
    n, n * 45.0, n * 2500.0, 140, ARRAY[ARRAY[42, n - 2], ARRAY[45, 1], ARRAY[50, 1]]
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz, %(step)s * interval '1 s') AS at,
    jobs_series, LATERAL (SELECT 10 + mod(id * 7 + extract(epoch FROM at)::bigint / %(step)s, 13)::integer AS n) AS made
WHERE target <> ''
"""
SAMPLES = """
INSERT INTO jobs_rollupqueue
SELECT %(step)s, at, id, %(step)s / 10, n * %(step)s / 10, n + 5, mod(n, 3), mod(n, 40) / 10.0, %(step)s, n / 4
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz, %(step)s * interval '1 s') AS at,
    (SELECT id FROM jobs_series WHERE target = '' UNION ALL SELECT 0) AS one,
    LATERAL (SELECT mod(id * 11 + extract(epoch FROM at)::bigint / %(step)s, 70)::integer AS n) AS made
"""
JOBS = """
INSERT INTO jobs_job (name, target, payload, queue, run_at, state, enqueued_at, locked_at, attempt)
SELECT 'look ' || n, 'look.target' || 1 + mod(n, %(queues)s) || '-' || 1 + mod(n, %(each)s), '{}',
    'look-' || 1 + mod(n, %(queues)s),
    %(now)s::timestamptz + CASE WHEN n <= %(running)s THEN interval '-3 s'
        WHEN n <= %(running)s + %(overdue)s THEN interval '-8 s'
        ELSE interval '2 hours' * (n - %(running)s) / %(coming)s END,
    (n <= %(running)s)::integer, CASE WHEN n <= %(running)s + %(overdue)s THEN %(now)s END,
    CASE WHEN n <= %(running)s THEN %(now)s - interval '2 s' END, (n <= %(running)s)::integer
FROM generate_series(1, %(running)s + %(overdue)s + %(coming)s) AS n
"""
END = """
WITH ended AS (
    UPDATE jobs_job SET state = 2, execute_at = run_at, finished_at = clock_timestamp() WHERE id = (
        SELECT id FROM jobs_job WHERE state = 1 ORDER BY locked_at LIMIT 1
    )
), begun AS (
    SELECT id FROM jobs_job WHERE state = 0 AND holds = 0 ORDER BY coalesce(not_before, run_at), id LIMIT 1
)
UPDATE jobs_job SET state = 1, attempt = 1, locked_at = clock_timestamp() WHERE id = (SELECT id FROM begun)
"""
TABLES = ("jobs_series", "jobs_rollup", "jobs_rollupqueue", "jobs_worker")


def _worker(number: int, now: datetime) -> Worker:
    """Return a worker that lives for as long as somebody looks."""
    queues = [f"look-{queue}" for queue in range(1, QUEUES + 1) if queue % WORKERS == number]
    return Worker(
        name=f"look{number}@host", pid=number + 1, pool="threads", slots=SLOTS, queues=queues, running=SLOTS - 3,
        heartbeat_at=now + AHEAD, cpu=40.0, memory=50.0, load=0.5,
    )  # fmt: skip


def fill(now: datetime) -> None:
    """Put it beside what is there. The figures begin a month ago and end in a few minutes."""
    values: dict[str, Any] = {
        "now": now, "queues": QUEUES, "each": EACH, "running": RUNNING, "coming": COMING, "overdue": OVERDUE,
    }  # fmt: skip
    Worker.objects.bulk_create([_worker(number, now) for number in range(WORKERS)])
    with connection.cursor() as cursor:
        cursor.execute(SERIES, values)
        for step, span in SPANS:
            since = datetime.fromtimestamp((now - span).timestamp() // step * step, now.tzinfo)
            for statement in (FIGURES, SAMPLES):
                cursor.execute(statement, {"step": step, "since": since, "until": now + AHEAD})
        cursor.execute(JOBS, values)
        cursor.execute(f"VACUUM ANALYZE jobs_job, {', '.join(TABLES)}")


def end_one() -> None:
    """Let a job end, and another start: what is seen changes."""
    with connection.cursor() as cursor:
        cursor.execute(END)


def remove() -> None:
    """Empty the tables that only this fills."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}")
