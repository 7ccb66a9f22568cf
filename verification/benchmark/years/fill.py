"""Rows of years, by SQL: jobs that are over, each with its start, and as many in the history, with all indexes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from jobs.models import partitions
from jobs.models.history import COLUMNS
from verification.benchmark.processes.start import RoundFailed, Tell

PER_DAY = 10_000  # jobs: so that the latest days are the same, however many years lie behind them
PART = 100_000  # rows in one statement
NEWEST = 1_000_000_000  # id of the newest; older ones have lower ids, as they were created earlier
QUEUES = ("default", "mail", "reports", "payroll", "import", "export", "search", "backup")
RARE = "years-rare"  # the queue, target and name of one job in RARELY
RARELY = 200_000
TARGETS = 12
# By the hundred: completed, but for eight failed, five cancelled, five skipped and one interrupted.
STATE = """CASE WHEN mod(n, 100) < 8 THEN 3 WHEN mod(n, 100) < 13 THEN 4 WHEN mod(n, 100) < 18 THEN 6
    WHEN mod(n, 100) = 18 THEN 5 ELSE 2 END"""
MADE = f"""
SELECT n, %(newest)s - n AS id, {STATE} AS state, mod(n + 1, {RARELY}) = 0 AS rare,
    %(now)s::timestamptz - (n + 1) * interval '86400 seconds' / %(per_day)s AS run_at
FROM generate_series(%(last)s - 1, %(first)s, -1) AS n
"""  # noqa: S608 - of our own numbers

JOBS = f"""
WITH made AS ({MADE})
INSERT INTO jobs_job (id, name, target, payload, queue, run_at, labels, state, created_at, enqueued_at, locked_at,
    execute_at, finished_at, reason, deliveries, attempt)
SELECT id, CASE WHEN rare THEN '{RARE}' ELSE 'years job ' || n END,
    CASE WHEN rare THEN '{RARE}' ELSE 'years.target' || mod(n, {TARGETS}) END,
    jsonb_build_object('customer', n, 'note', 'what a job is told'),
    CASE WHEN rare THEN '{RARE}' ELSE (%(queues)s::text[])[1 + mod(n, {len(QUEUES)})] END, run_at,
    CASE WHEN mod(n, 10) = 0 THEN '{{"team": "payroll"}}' ELSE '{{}}' END::jsonb, state,
    run_at - interval '1 hour', CASE WHEN state <> 4 THEN run_at - interval '5 seconds' END,
    CASE WHEN state IN (2, 3, 5) THEN run_at - interval '0.2 seconds' END,
    CASE WHEN state IN (2, 3, 5) THEN run_at + mod(n, 9) * interval '1 millisecond' END, run_at + interval '1 second',
    CASE WHEN state = 2 THEN '' ELSE 'why it ended so' END, 1, CASE WHEN state IN (2, 3, 5) THEN 1 ELSE 0 END
FROM made
"""  # noqa: S608 - as above
STARTS = """
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, started_at, finished_at, outcome,
    error)
SELECT id, 1, 'years worker', %(session)s, gen_random_uuid(), run_at, locked_at, execute_at, finished_at, state,
    CASE WHEN state = 3 THEN 'Traceback: why it failed' ELSE '' END
FROM jobs_job WHERE attempt = 1 AND id > %(newest)s - %(last)s AND id <= %(newest)s - %(first)s
"""
HISTORY = """
INSERT INTO jobs_history ({names}, attempts, waits_for, dependents, moved_at, remove_on)
SELECT {values}, CASE WHEN attempt = 0 THEN '[]' ELSE jsonb_build_array(jsonb_build_object('id', id, 'job_id', id,
        'number', 1, 'worker', 'years worker', 'session', %(session)s::uuid, 'token', gen_random_uuid(),
        'run_at', run_at, 'locked_at', locked_at, 'started_at', execute_at, 'finished_at', finished_at,
        'outcome', state, 'error', '', 'result', NULL, 'log', NULL, 'progress', NULL, 'progress_note', NULL)) END,
    '{{}}', '{{}}', %(now)s, (%(days)s::date[])[1 + mod(id, {days})]
FROM jobs_job WHERE id > %(newest)s - %(last)s AND id <= %(newest)s - %(first)s
"""
LOG = """
INSERT INTO jobs_workerlog (action, client, results, at)
SELECT 'QUERYLIST', 'years beat', 7, %(now)s::timestamptz - n * interval '30 seconds'
FROM generate_series(%(last)s - 1, %(first)s, -1) AS n
"""
IN_HISTORY = 500_000_000  # what is taken from the id of a job for the one like it in the history
DAYS = 36  # partitions of the history: a day each of what is kept for a month, and some of what is kept for longer
NEXT_ID = "SELECT setval(pg_get_serial_sequence('jobs_job', 'id'), %s)"  # of what is created by the benchmark
EMPTY = "SELECT NOT EXISTS (SELECT FROM jobs_job) AND NOT EXISTS (SELECT FROM jobs_history)"
SIZES = """
SELECT coalesce(parent.relname, one.relname), sum(pg_total_relation_size(one.oid))::bigint
FROM pg_class AS one
LEFT JOIN pg_inherits ON inhrelid = one.oid
LEFT JOIN pg_class AS parent ON parent.oid = inhparent
WHERE one.relkind = 'r' AND coalesce(parent.relname, one.relname) IN ('jobs_job', 'jobs_attempt', 'jobs_history')
GROUP BY 1 ORDER BY 1
"""


class Years:
    """Rows of years: more of them with each call of `grow`."""

    def __init__(self, now: datetime, *, per_day: int | None = None) -> None:
        """`per_day`: jobs that have ended each day, PER_DAY where it is not said."""
        self._now = now
        self._per_day = per_day
        self.rows = 0

    def require_empty(self) -> None:
        """Check that there are no jobs yet: what is put there is removed by emptying the tables. Raises RoundFailed."""
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)
            if not cursor.fetchone()[0]:
                raise RoundFailed("The tables of jobs have rows; give --years a database of its own.")
            cursor.execute(NEXT_ID, [NEWEST])

    def grow(self, rows: int, tell: Tell) -> None:
        """Add jobs until there are so many, and as many in the history; the oldest first."""
        today = self._now.date()
        days = [today + timedelta(days=1 + n) for n in range(DAYS)]
        partitions.create(days)
        names = [name for name in COLUMNS if name != "id"]
        history = HISTORY.format(
            names=", ".join(["id", *names]), values=", ".join([f"id - {IN_HISTORY}", *names]), days=DAYS
        )
        base = self.rows
        while self.rows < rows:
            done = self.rows - base
            last = rows - done
            first = max(last - PART, base)
            values: dict[str, Any] = {
                "first": first,
                "last": last,
                "newest": NEWEST,
                "now": self._now,
                "queues": list(QUEUES),
            }
            values |= {
                "session": "00000000-0000-4000-8000-000000000000",
                "days": days,
                "per_day": self._per_day or PER_DAY,
            }
            with connection.cursor() as cursor:
                for statement in (JOBS, STARTS, history, LOG):
                    cursor.execute(statement, values)
            self.rows += last - first
            tell("filling", self.rows, rows)
        vacuum()

    def remove(self) -> None:
        """Empty the tables that were filled."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE jobs_job, jobs_attempt, jobs_history, jobs_workerlog CASCADE")


def vacuum() -> None:
    """Vacuum and analyze, as autovacuum does by itself after so many rows."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE jobs_job, jobs_attempt, jobs_history, jobs_workerlog")


def sizes() -> dict[str, int]:
    """Return the bytes of each table with its indexes."""
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        return dict(cursor.fetchall())
