"""Moves jobs that are over from `jobs_job` into the history, and back when somebody wants one to start again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from jobs import failpoints
from jobs.conf import conf
from jobs.database import connection, transaction
from jobs.models import partitions
from jobs.models.history import COLUMNS, as_job
from jobs.models.installation import REMOVES
from jobs.rules.keeping import removal_day, removal_rules
from jobs.states import State

NAMES = ", ".join(COLUMNS)
OVER = "state IN (2, 3, 4, 5, 6)"  # as the index says it

# The key of a request stays with a redacted job for as long as a repeat is known by it: that is over now.
KEPT_UNREDACTED = {
    name: f"CASE WHEN old.redacted_at IS NULL THEN old.{name} END" for name in ("idempotency_key", "idempotency_digest")
}

# In the order of their ends. The row by which the leader knows how far the ledger has come stays.
ENDED = f"""
SELECT id, state, queue, target, finished_at,
    (idempotency_key IS NULL OR created_at < %(keys_before)s)
        AND id <> coalesce((SELECT job_id FROM jobs_attempt ORDER BY id DESC LIMIT 1), 0) AS may_go
FROM jobs_job
WHERE {REMOVES} AND {OVER} AND finished_at < %(before)s
    AND finished_at >= %(after)s AND (finished_at, id) > (%(after)s, %(after_id)s)
ORDER BY finished_at, id LIMIT %(limit)s
"""  # noqa: S608 - of our own words only

LOCK = f"""
SELECT id FROM jobs_job WHERE id = ANY (%s::bigint[]) AND {OVER} AND finished_at < %s ORDER BY id FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - as above

# Starts that SQL has left open: their jobs have ended without them, and the life of a worker that made them is over.
# That of a job that runs is for `interrupt`.
CLOSE = """
UPDATE jobs_attempt AS start SET outcome = 5, finished_at = %(now)s,
    error = CASE start.error WHEN '' THEN 'Its job had ended before it.' ELSE start.error END
WHERE start.job_id = ANY (%(ids)s::bigint[]) AND start.outcome IS NULL
    AND NOT EXISTS (SELECT FROM jobs_worker AS its WHERE its.session = start.session AND its.gone_at IS NULL)
"""

# Under their locks, so that nobody begins to wait for them meanwhile. What stays: what somebody still waits for, what
# belongs to a batch of which something has not ended, and what has a start that nobody has settled.
MOVE = f"""
WITH free AS MATERIALIZED (
    SELECT job.id, CASE WHEN EXISTS (SELECT FROM jobs_kept WHERE jobs_kept.job_id = job.id) THEN NULL
        ELSE asked.remove_on END AS remove_on
    FROM unnest(%(ids)s::bigint[], %(days)s::date[]) AS asked (id, remove_on)
    JOIN jobs_job AS job ON job.id = asked.id
    WHERE NOT EXISTS (
        SELECT FROM jobs_dependency AS wait JOIN jobs_job AS waiting ON waiting.id = wait.job_id
        WHERE wait.waits_for_id = job.id AND waiting.state = 0
    ) AND (job.batch_id IS NULL OR NOT EXISTS (
        SELECT FROM jobs_job AS other WHERE other.batch_id = job.batch_id AND other.state IN (0, 1)
    )) AND NOT EXISTS (SELECT FROM jobs_attempt AS start WHERE start.job_id = job.id AND start.outcome IS NULL)
), pairs AS (
    DELETE FROM jobs_dependency
    WHERE job_id = ANY (ARRAY(SELECT id FROM free)) OR waits_for_id = ANY (ARRAY(SELECT id FROM free))
    RETURNING job_id, waits_for_id
), starts AS (
    DELETE FROM jobs_attempt WHERE job_id = ANY (ARRAY(SELECT id FROM free)) RETURNING *
), old AS (
    DELETE FROM jobs_job WHERE id = ANY (ARRAY(SELECT id FROM free)) RETURNING *
)
INSERT INTO jobs_history ({NAMES}, attempts, waits_for, dependents, moved_at, remove_on)
SELECT {", ".join(KEPT_UNREDACTED.get(name, f"old.{name}") for name in COLUMNS)},
    coalesce((SELECT jsonb_agg(to_jsonb(starts) ORDER BY number) FROM starts WHERE job_id = old.id), '[]'),
    ARRAY(SELECT waits_for_id FROM pairs WHERE job_id = old.id ORDER BY 1),
    ARRAY(SELECT job_id FROM pairs WHERE waits_for_id = old.id ORDER BY 1),
    %(now)s, free.remove_on
FROM old JOIN free ON free.id = old.id
RETURNING id
"""  # noqa: S608 - as above

# What it waited for, and who waited for it, is tied again as far as it has not left.
BRING_BACK = """
WITH old AS (
    DELETE FROM jobs_history WHERE id = ANY (%(ids)s::bigint[]) RETURNING *
), back AS (
    INSERT INTO jobs_job ({names}) SELECT {columns} FROM old RETURNING id
), starts AS (
    INSERT INTO jobs_attempt SELECT its.* FROM old, jsonb_populate_recordset(NULL::jobs_attempt, old.attempts) AS its
), pairs AS (
    INSERT INTO jobs_dependency (job_id, waits_for_id)
    SELECT pair.job_id, pair.waits_for_id FROM (
        SELECT id AS job_id, unnest(waits_for) AS waits_for_id FROM old UNION SELECT unnest(dependents), id FROM old
    ) AS pair
    WHERE (SELECT count(*) FROM jobs_job WHERE id IN (pair.job_id, pair.waits_for_id))
        + (SELECT count(*) FROM old WHERE id IN (pair.job_id, pair.waits_for_id)) = 2
)
SELECT id FROM back
"""


class Place(NamedTuple):
    """Place to which a pass over what has ended has come."""

    finished_at: datetime
    id: int


BEGIN = Place(datetime(1970, 1, 1, tzinfo=UTC), 0)


class Part(NamedTuple):
    """A part of a pass: how many were moved, and where the next begins; None at the end."""

    moved: int
    next: Place | None


def move_part(*, now: datetime, after: Place, limit: int) -> Part:
    """Look at the next jobs that have ended long enough ago, `limit` at most, and move those of them that may go. One
    statement where there are none, or where nothing is removed (see REMOVES).

    An interrupted job waits in the table for a person's word, until its days are over."""
    days = conf()
    before = now - timedelta(days=days.hot_days)
    with connection.cursor() as cursor:
        cursor.execute(
            ENDED,
            {
                "before": before,
                "keys_before": now - timedelta(days=days.keep_idempotency_keys),
                "after": after.finished_at,
                "after_id": after.id,
                "limit": limit,
            },
        )
        ended = cursor.fetchall()
    rules = removal_rules() if ended else []
    today = now.astimezone(UTC).date()
    tomorrow = today + timedelta(days=1)
    going: dict[int, date] = {}
    for job_id, state, queue, target, finished_at, may_go in ended:
        if may_go:
            day = removal_day(rules, state=state, queue=queue, target=target, finished_at=finished_at, today=today)
            if state != State.INTERRUPTED or day == tomorrow:
                going[job_id] = day
    moved = move(going, before=before, now=now) if going else []
    last = Place(ended[-1][4], ended[-1][0]) if len(ended) == limit else None
    return Part(len(moved), last)


def move(days: Mapping[int, date], *, before: datetime, now: datetime) -> list[int]:
    """Move of these jobs those that ended before that moment, that nobody has locked and nothing depends on, each to
    the partition of its day. Returns their ids. A job is in one of the two tables at any moment."""
    partitions.create(days.values())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, [list(days), before])
        locked = [job_id for (job_id,) in cursor.fetchall()]
        cursor.execute(CLOSE, {"ids": locked, "now": now})
        cursor.execute(MOVE, {"ids": locked, "days": [days[job_id] for job_id in locked], "now": now})
        moved = [job_id for (job_id,) in cursor.fetchall()]
        failpoints.hit("in-move")
    return moved


def bring_back(job_ids: Collection[int]) -> list[int]:
    """Put of these jobs those that are in the history back into `jobs_job`, with their attempts and under their ids, in
    the caller's transaction or one of its own. Returns their ids."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BRING_BACK.format(names=NAMES, columns=as_job()), {"ids": list(job_ids)})
        return [job_id for (job_id,) in cursor.fetchall()]
