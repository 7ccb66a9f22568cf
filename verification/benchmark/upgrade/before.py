"""The release before: its last migration, rows as it has them, and what its processes say all the time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg

LAST = "0027"  # the last migration of the release before, as in tests/test_upgrade.py
PART = 100_000  # rows in one statement

# Jobs that are over, a hundredth of them with an entry of the audit.
JOBS = """
WITH made AS (
    INSERT INTO jobs_job (name, target, payload, queue, run_at, state, created_at, enqueued_at, locked_at, execute_at,
        finished_at, reason, attempt)
    SELECT 'upgrade ' || n, 'demo.noop', jsonb_build_object('customer', n), 'default', at, state, at, at,
        CASE WHEN state < 4 THEN at END, CASE WHEN state < 4 THEN at END, at,
        CASE WHEN state = 2 THEN '' ELSE 'why it ended so' END, CASE WHEN state < 4 THEN 1 ELSE 0 END
    FROM (
        SELECT n, now() - n * interval '10 seconds' AS at,
            CASE mod(n, 20) WHEN 0 THEN 3 WHEN 1 THEN 4 ELSE 2 END AS state
        FROM generate_series(%(last)s - 1, %(first)s, -1) AS n
    ) AS wanted
    RETURNING id, run_at, state, attempt
), started AS (
    INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, started_at, finished_at,
        outcome)
    SELECT id, 1, 'w', gen_random_uuid(), gen_random_uuid(), run_at, run_at, run_at, run_at, state
    FROM made WHERE attempt = 1
)
INSERT INTO jobs_audit (job_id, verb, reason, at, from_state, to_state)
SELECT id, 'cancel', 'not needed', run_at, 0, 4 FROM made WHERE mod(id, 100) = 1
"""
OTHERS = """
INSERT INTO jobs_worker (session, name, pid, pool, slots, running, queues, started_at, heartbeat_at)
VALUES (gen_random_uuid(), 'w1', 7, 'thread', 5, 1, '["default"]', now(), now());
INSERT INTO jobs_installation DEFAULT VALUES ON CONFLICT DO NOTHING;
INSERT INTO jobs_leadership (id, epoch, holder, listed) VALUES (1, 7, 'beat', 0) ON CONFLICT DO NOTHING;
"""

Statement = tuple[str, dict[str, Any]]


def fill(database: psycopg.Connection[Any], rows: int) -> Iterator[int]:
    """Insert so many jobs, with what else there is; yields how many are there."""
    database.execute(OTHERS)
    for last in range(rows, 0, -PART):
        first = max(last - PART, 0)
        database.execute(JOBS, {"first": first, "last": last})
        yield rows - first
    database.execute("VACUUM ANALYZE")


def writing() -> Iterator[Statement]:
    """Yield the statements of a job's life: inserted, marked, locked and taken, ended; beside heartbeats."""
    while True:
        its = {"token": uuid.uuid4()}
        yield "UPDATE jobs_worker SET heartbeat_at = clock_timestamp() WHERE gone_at IS NULL", {}
        yield "UPDATE jobs_leadership SET listed = 1, listed_at = now()", {}
        yield "INSERT INTO jobs_workerlog (action, client, results, at) VALUES ('QUERYLIST', 'beat', 1, now())", {}
        yield "INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.noop', '{}', now())", {}
        yield "UPDATE jobs_job SET enqueued_at = now(), deliveries = 1 WHERE state = 0 AND enqueued_at IS NULL", {}
        yield "SELECT id FROM jobs_job WHERE state = 0 FOR NO KEY UPDATE SKIP LOCKED", {}
        yield TAKE, its
        yield END, its


TAKE = """
WITH taken AS (
    UPDATE jobs_job SET state = 1, locked_at = now(), attempt = attempt + 1
    WHERE id = ANY (ARRAY(SELECT id FROM jobs_job WHERE state = 0 LIMIT 1)) RETURNING id, attempt
)
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at)
SELECT id, attempt, 'w', gen_random_uuid(), %(token)s, now(), now() FROM taken
"""
END = """
WITH told AS (
    UPDATE jobs_attempt SET outcome = 2, started_at = now(), finished_at = now() WHERE token = %(token)s
    RETURNING job_id
)
UPDATE jobs_job SET state = 2, execute_at = now(), finished_at = now()
WHERE id = ANY (ARRAY(SELECT job_id FROM told))
"""


def reading() -> Iterator[Statement]:
    """Yield what lists, pages and the list query read."""
    while True:
        yield "SELECT id, state FROM jobs_job ORDER BY id DESC LIMIT 50", {}
        yield "SELECT id FROM jobs_job WHERE state = 0 AND holds = 0 ORDER BY coalesce(not_before, run_at) LIMIT 50", {}
        yield "SELECT id, outcome FROM jobs_attempt ORDER BY id DESC LIMIT 50", {}
        yield "SELECT id, verb FROM jobs_audit ORDER BY id DESC LIMIT 50", {}
        yield "SELECT session FROM jobs_worker WHERE gone_at IS NULL", {}
        yield "SELECT identity FROM jobs_installation", {}
        yield "SELECT name FROM jobs_calendar", {}
        yield "SELECT name FROM jobs_trigger", {}
        yield "SELECT job_id FROM jobs_turn", {}
        yield "SELECT job_id FROM jobs_dependency LIMIT 50", {}
        yield "SELECT id FROM jobs_batch LIMIT 50", {}
