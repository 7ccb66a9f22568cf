"""The questions about limits: who has a place, who waits, and what has gone unnoticed. Each is a few index probes,
however many jobs wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections, models

if TYPE_CHECKING:
    from jobs.models.turn import Turn  # noqa: F401 - named in the base class


class Head(NamedTuple):
    """The first of a line."""

    run_at: datetime
    id: int
    key_limit: int


class Occupied(NamedTuple):
    """A limit at one moment. `running` have started, `given` have their turn and have not started yet, `reserved` are
    the moments that its rate has given, by job; `head` is the first that waits."""

    kind: str
    name: str
    running: list[int]
    given: list[int]
    reserved: dict[int, datetime]
    head: Head | None


class Place(NamedTuple):
    """A row to write. Without `expires_at` the job runs."""

    job_id: int
    kind: str
    name: str
    expires_at: datetime | None = None
    moment: datetime | None = None


# The heads of the lines come from indexes that hold exactly those who wait for that limit.
OCCUPIED = """
SELECT n.kind, n.name, own.running, own.given, own.reserved, own.moments, head.run_at, head.id, head.key_limit
FROM unnest(%(kinds)s::text[], %(names)s::text[]) AS n (kind, name)
CROSS JOIN LATERAL (
    SELECT array_agg(t.job_id ORDER BY t.id) FILTER (WHERE t.expires_at IS NULL),
        array_agg(t.job_id ORDER BY t.id) FILTER (WHERE t.expires_at IS NOT NULL AND t.moment IS NULL),
        array_agg(t.job_id ORDER BY t.moment) FILTER (WHERE t.moment IS NOT NULL),
        array_agg(t.moment ORDER BY t.moment) FILTER (WHERE t.moment IS NOT NULL)
    FROM jobs_turn t
    WHERE t.kind = n.kind AND t.name = n.name AND (t.expires_at IS NULL OR t.expires_at > %(now)s)
) AS own (running, given, reserved, moments)
LEFT JOIN LATERAL (
    (SELECT j.run_at, j.id, j.key_limit FROM jobs_job j
     WHERE n.kind = 'key' AND j.state = 0 AND (j.holds & 8) > 0 AND j.key = n.name
     ORDER BY j.run_at, j.id LIMIT 1)
    UNION ALL
    (SELECT j.run_at, j.id, j.key_limit FROM jobs_job j
     WHERE n.kind = 'queue' AND j.state = 0 AND (j.holds & 16) > 0 AND j.queue = n.name
     ORDER BY j.run_at, j.id LIMIT 1)
) AS head ON true
"""

PUT = """
INSERT INTO jobs_turn (job_id, kind, name, given_at, expires_at, moment)
SELECT job_id, kind, name, %(now)s, expires_at, moment
FROM unnest(%(jobs)s::bigint[], %(kinds)s::text[], %(names)s::text[], %(expires)s::timestamptz[],
    %(moments)s::timestamptz[]) AS p (job_id, kind, name, expires_at, moment)
ON CONFLICT (job_id, kind) DO UPDATE SET name = excluded.name, given_at = excluded.given_at,
    expires_at = excluded.expires_at, moment = excluded.moment
"""

LEAVE = "DELETE FROM jobs_turn WHERE job_id = ANY (%s::bigint[]) RETURNING kind, name"

# Never waits, and deletes what is nobody's: see jobs/scheduler/turns.py.
EXPIRE = """
DELETE FROM jobs_turn WHERE id = ANY (ARRAY(
    SELECT id FROM jobs_turn WHERE expires_at <= %(now)s ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)) RETURNING kind, name
"""
ORPHANS = """
WITH part AS MATERIALIZED (
    SELECT id FROM jobs_turn WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
), nobodys AS MATERIALIZED (
    SELECT t.id FROM jobs_turn t WHERE t.id = ANY (ARRAY(SELECT id FROM part)) AND t.expires_at IS NULL
        AND (SELECT j.state FROM jobs_job j WHERE j.id = t.job_id) IS DISTINCT FROM 1
    FOR UPDATE OF t SKIP LOCKED
), gone AS (
    DELETE FROM jobs_turn WHERE id = ANY (ARRAY(SELECT id FROM nobodys)) AND expires_at IS NULL RETURNING kind, name
)
SELECT (SELECT CASE WHEN count(*) < %(limit)s THEN 0 ELSE max(id) END FROM part), kind, name
FROM (SELECT 1) AS once LEFT JOIN gone ON true
"""
# Running jobs without a place: they ran before their queue had a limit, or SQL has set them going.
UNCOUNTED = """
WITH uncounted AS MATERIALIZED (
    SELECT j.id, j.key, l.name AS queue FROM jobs_job j LEFT JOIN jobs_lane l ON l.kind = 'queue' AND l.name = j.queue
        AND (l.concurrency IS NOT NULL OR l.rate IS NOT NULL)
    WHERE j.state = 1 AND (
        (j.key IS NOT NULL AND NOT EXISTS (SELECT FROM jobs_turn t WHERE t.job_id = j.id AND t.kind = 'key'))
        OR (l.id IS NOT NULL AND NOT EXISTS (SELECT FROM jobs_turn t WHERE t.job_id = j.id AND t.kind = 'queue')))
    LIMIT %(limit)s FOR NO KEY UPDATE OF j SKIP LOCKED
)
INSERT INTO jobs_turn (job_id, kind, name, given_at)
SELECT id, 'key', key, %(now)s FROM uncounted WHERE key IS NOT NULL
UNION ALL SELECT id, 'queue', queue, %(now)s FROM uncounted WHERE queue IS NOT NULL
ON CONFLICT (job_id, kind) DO NOTHING
"""
BLOCKED = """
SELECT EXISTS (SELECT FROM jobs_turn) OR EXISTS (SELECT FROM jobs_job WHERE state = 0 AND (holds & 16) > 0)
    OR EXISTS (SELECT FROM jobs_job WHERE state = 0 AND (holds & 8) > 0)
"""
# The next name after each name: as many index probes as there are names, however many jobs wait for each.
LINES = """
WITH RECURSIVE line AS (
    (SELECT {column} AS name FROM jobs_job WHERE state = 0 AND (holds & {bit}) > 0 AND {column} > %(after)s
     ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT j.{column} FROM jobs_job j WHERE j.state = 0 AND (j.holds & {bit}) > 0 AND j.{column} > line.name
            ORDER BY j.{column} LIMIT 1) FROM line WHERE line.name IS NOT NULL
)
SELECT name FROM line WHERE name IS NOT NULL LIMIT %(limit)s
"""
LINES_OF = {"queue": LINES.format(column="queue", bit=16), "key": LINES.format(column="key", bit=8)}


class TurnQuerySet(models.QuerySet["Turn"]):
    def occupied(self, names: Iterable[tuple[str, str]], *, now: datetime) -> list[Occupied]:
        """Return how these limits (kind, name) stand: ask under their locks."""
        kinds, of = _columns(names, 2)
        rows = self._all(OCCUPIED, {"kinds": kinds, "names": of, "now": now})
        return [
            Occupied(
                kind,
                name,
                running or [],
                given or [],
                dict(zip(reserved or [], moments or [], strict=True)),
                None if head_id is None else Head(run_at, head_id, key_limit),
            )
            for kind, name, running, given, reserved, moments, run_at, head_id, key_limit in rows
        ]

    def put(self, places: Sequence[Place], *, now: datetime) -> None:
        """Write these places, in the transaction that has the rows of their jobs."""
        if places:
            columns = dict(zip(("jobs", "kinds", "names", "expires", "moments"), _columns(places, 5), strict=True))
            values: dict[str, Any] = columns | {"now": now}
            with connections[self.db].cursor() as cursor:
                cursor.execute(PUT, values)

    def leave(self, job_ids: Collection[int]) -> list[tuple[str, str]]:
        """Delete the places of these jobs, in the transaction that has their rows; returns the limits (kind, name) that
        have room now."""
        return self._all(LEAVE, [list(job_ids)]) if job_ids else []

    def expire(self, *, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Delete turns that nobody has taken in time; returns the limits (kind, name) that have room now."""
        return self._all(EXPIRE, {"now": now, "limit": limit})

    def delete_orphans(self, *, after: int, limit: int) -> tuple[int, list[tuple[str, str]]]:
        """Look at so many rows after that id, and delete those that say of a job that it runs which does not. Returns
        the id to go on after, 0 at the end, and the limits that have room now."""
        rows = self._all(ORPHANS, {"after": after, "limit": limit})
        return rows[0][0], [(kind, name) for _, kind, name in rows if kind is not None]

    def count_in(self, *, now: datetime, limit: int) -> None:
        """Write a place for running jobs that have none although they share a limit."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(UNCOUNTED, {"now": now, "limit": limit})

    def anybody_blocked(self) -> bool:
        """Return whether there is any place or any line."""
        return bool(self._all(BLOCKED, [])[0][0])

    def lines(self, kind: str, *, after: str, limit: int) -> list[str]:
        """Return the first names after that one, in order, of limits that somebody waits for."""
        return [name for (name,) in self._all(LINES_OF[kind], {"after": after, "limit": limit})]

    def _all(self, sql: str, values: Any) -> list[Any]:
        with connections[self.db].cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())


def _columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Turn the rows into columns."""
    table = list(rows)
    return [[row[n] for row in table] for n in range(width)]
