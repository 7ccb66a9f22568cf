"""Adds what has started and ended to the stretches of time, in one statement, which moves the position, too: who dies
in it has added nothing, and a second who does it at the same time adds nothing.

Starts are found by their ids. Up to the position each id has been seen; those that were seen and have not ended, and
those of which no row was there (a transaction that had not committed yet, or never will), are in `jobs_rollupopen` and
are looked for by their ids in each turn. So nothing is lost that commits late, however late that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from jobs.database import connection
from jobs.models.rollups import OTHER, STEPS
from jobs.models.rollups.digest import PLACE

AT_A_TIME = 50_000  # starts
MOST_SERIES = 1_000
MOST_READ = 10_001  # rows of what waits, and of what runs, in a sample
MOST_MISSING = 10_000  # ids between two starts: beyond that somebody has set the sequence
MISSING_FOR = timedelta(minutes=1)  # at least, until an id that no transaction can have any more is given up
BEFORE, AFTER = timedelta(days=731), timedelta(days=1)  # of now; SQL may have written any time

EPOCH = "'epoch'::timestamptz"
# Who takes the lock later than his snapshot was made would count what another has counted: his `turn` is an old one.
POSITION = """
pos AS MATERIALIZED (
    SELECT upto, sampled_at IS NULL OR sampled_at < %(sample)s AS samples FROM jobs_rollupposition
    WHERE id = 1 AND turn = (SELECT turn FROM jobs_rollupposition WHERE id = 1)
    FOR UPDATE SKIP LOCKED
)"""
READ = """
fresh AS MATERIALIZED (
    SELECT *, id - lag(id, 1, (SELECT upto FROM pos)) OVER (ORDER BY id) - 1 AS missing
    FROM (
        SELECT id, job_id, run_at, locked_at, started_at, finished_at, outcome FROM jobs_attempt
        WHERE id > (SELECT upto FROM pos) ORDER BY id LIMIT %(limit)s
    ) AS next
), awaited AS MATERIALIZED (
    SELECT open.attempt_id, open.series_id, row.*,
        open.noted_at < %(given_up)s AND open.fence <= pg_snapshot_xmin(pg_current_snapshot()) AS over
    FROM jobs_rollupopen AS open LEFT JOIN LATERAL (
        SELECT id, job_id, run_at, locked_at, started_at, finished_at, outcome FROM jobs_attempt
        WHERE id = open.attempt_id LIMIT 1  -- by its index, whatever the statistics say
    ) AS row ON true
    WHERE EXISTS (SELECT FROM pos)
), new AS MATERIALIZED (
    SELECT first.*,
        coalesce(job.queue, '') AS queue, coalesce(job.target, '') AS target, coalesce(team.name, '') AS team
    FROM (
        SELECT id, job_id, run_at, locked_at, started_at, finished_at, outcome FROM fresh
        UNION ALL
        SELECT id, job_id, run_at, locked_at, started_at, finished_at, outcome FROM awaited
        WHERE id IS NOT NULL AND series_id IS NULL
    ) AS first
    LEFT JOIN LATERAL (
        SELECT queue, target, labels ->> 'team' AS team FROM jobs_job WHERE id = first.job_id LIMIT 1
    ) AS job ON true
    LEFT JOIN jobs_team AS team ON team.name = job.team
)"""
# What waits is counted as the monitor does, the first due first.
SAMPLE = """
queues AS MATERIALIZED (
    SELECT queue, sum(pending)::integer AS pending, sum(overdue)::integer AS overdue,
        coalesce(greatest(extract(epoch FROM %(now)s - min(oldest)), 0), 0)::float8 AS oldest,
        sum(slots) AS slots, sum(busy) AS busy, queue IS NULL AS is_all
    FROM (
        SELECT queue, 1 AS pending, (due < %(overdue_before)s)::integer AS overdue, due AS oldest, 0 AS slots, 0 AS busy
        FROM (
            SELECT queue, coalesce(not_before, run_at) AS due FROM jobs_job
            WHERE state = 0 AND holds = 0 AND (SELECT samples FROM pos)
            ORDER BY coalesce(not_before, run_at), id LIMIT %(most_read)s
        ) AS first
        UNION ALL
        SELECT queue, 0, 0, NULL, 0, 1
        FROM (
            SELECT queue FROM jobs_job WHERE state = 1 AND (SELECT samples FROM pos) ORDER BY locked_at
            LIMIT %(most_read)s
        ) AS running
        UNION ALL
        SELECT served.queue, 0, 0, NULL, slots, 0
        FROM jobs_worker, jsonb_array_elements_text(queues) AS served (queue)
        WHERE gone_at IS NULL AND stopped_at IS NULL AND heartbeat_at >= %(alive_since)s AND refusing = ''
            AND (SELECT samples FROM pos)
    ) AS seen
    GROUP BY GROUPING SETS ((queue), ()) HAVING (SELECT samples FROM pos)
), workers AS (
    SELECT coalesce(sum(slots), 0) AS slots FROM jobs_worker
    WHERE gone_at IS NULL AND stopped_at IS NULL AND heartbeat_at >= %(alive_since)s AND refusing = ''
)"""
NAMED = """
names AS MATERIALIZED (
    SELECT DISTINCT queue, target, team FROM new WHERE queue <> ''
    UNION SELECT queue, '', '' FROM queues WHERE NOT is_all
), made AS (
    INSERT INTO jobs_series (queue, target, team, used_on)
    SELECT queue, target, team, %(today)s::date FROM names
    WHERE NOT EXISTS (
        SELECT FROM jobs_series AS old WHERE (old.queue, old.target, old.team) = (names.queue, names.target, names.team)
    )
    ORDER BY 1, 2, 3 LIMIT greatest(%(most_series)s - (SELECT count(*) FROM jobs_series), 0)
    RETURNING id, queue, target, team
), used AS (
    UPDATE jobs_series AS old SET used_on = %(today)s::date FROM names
    WHERE (old.queue, old.target, old.team) = (names.queue, names.target, names.team) AND old.used_on < %(today)s::date
), series AS MATERIALIZED (
    SELECT id, queue, target, team FROM jobs_series UNION ALL SELECT id, queue, target, team FROM made
), counted AS MATERIALIZED (
    SELECT new.*, coalesce(series.id, %(other)s) AS series_id FROM new LEFT JOIN series USING (queue, target, team)
), ends AS MATERIALIZED (
    SELECT series_id, run_at, started_at, finished_at, outcome FROM counted WHERE outcome IS NOT NULL
    UNION ALL
    SELECT series_id, run_at, started_at, finished_at, outcome FROM awaited
    WHERE series_id IS NOT NULL AND outcome IS NOT NULL
)"""
# 0: starts; 2, 3, 5: ends, by their outcomes; 8: delays; 9: durations.
COUNTED = f"""
parts AS MATERIALIZED (
    SELECT series_id, date_bin('10 s', at, {EPOCH}) AS at, kind, {PLACE} AS place,
        count(*) AS n, sum(ms) AS total, sum(ms * ms) AS squares, max(ms) AS longest
    FROM (
        SELECT series_id, locked_at AS at, 0 AS kind, 0::float8 AS ms FROM counted
        UNION ALL
        SELECT series_id, finished_at, outcome, 0 FROM ends
        UNION ALL
        SELECT series_id, started_at, 8, greatest(extract(epoch FROM started_at - run_at), 0)::float8 * 1000
        FROM ends
        WHERE started_at > %(before)s AND started_at < %(after)s AND run_at > %(before)s AND run_at < %(after)s
        UNION ALL
        SELECT series_id, finished_at, 9, greatest(extract(epoch FROM finished_at - started_at), 0)::float8 * 1000
        FROM ends WHERE started_at > %(before)s AND started_at < %(after)s AND finished_at < %(after)s
    ) AS one
    WHERE at > %(before)s AND at < %(after)s
    GROUP BY 1, 2, 3, 4
), steps AS (
    SELECT unnest(ARRAY[{", ".join(map(str, STEPS))}]) AS step
), stretches AS (
    SELECT step, date_bin(step * interval '1 s', at, {EPOCH}) AS at, series_id, kind, place,
        sum(n)::integer AS n, sum(total) AS total, sum(squares) AS squares, max(longest) AS longest
    FROM parts, steps GROUP BY 1, 2, 3, 4, 5
)"""  # noqa: S608 - of our own words only


def _lengths(kind: int) -> str:
    these = f"FILTER (WHERE kind = {kind})"
    return (
        f"coalesce(sum(n) {these}, 0), coalesce(sum(total) {these}, 0), coalesce(sum(squares) {these}, 0), "
        f"coalesce(max(longest) {these}, 0), coalesce(array_agg(ARRAY[place, n] ORDER BY place) {these}, '{{}}')"
    )


def _greatest(*names: str) -> str:
    return ", ".join(f"{name} = greatest(old.{name}, excluded.{name})" for name in names)


SUMS = (
    *("starts", "completed", "failed", "interrupted"),
    *("delays", "delay_sum", "delay_squares", "durations", "duration_sum", "duration_squares"),
)
# In the order of their key, in which everybody who writes several locks them.
WRITTEN = f"""
added AS (
    INSERT INTO jobs_rollup AS old (
        step, at, series_id, starts, completed, failed, interrupted,
        delays, delay_sum, delay_squares, delay_max, delay_digest,
        durations, duration_sum, duration_squares, duration_max, duration_digest
    )
    SELECT step, at, series_id,
        {", ".join(f"coalesce(sum(n) FILTER (WHERE kind = {kind}), 0)" for kind in (0, 2, 3, 5))},
        {_lengths(8)},
        {_lengths(9)}
    FROM stretches GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (step, at, series_id) DO UPDATE SET
        {", ".join(f"{name} = old.{name} + excluded.{name}" for name in SUMS)},
        {_greatest("delay_max", "duration_max")},
        delay_digest = jobs_digest_sum(old.delay_digest, excluded.delay_digest),
        duration_digest = jobs_digest_sum(old.duration_digest, excluded.duration_digest)
), sampled AS (
    INSERT INTO jobs_rollupqueue AS old (
        step, at, series_id, samples, pending, pending_max, overdue_max, oldest_max, slots, busy
    )
    SELECT step, date_bin(step * interval '1 s', %(sample)s, {EPOCH}),
        CASE WHEN is_all THEN %(other)s ELSE series.id END, 1,
        coalesce(pending, 0), coalesce(pending, 0), coalesce(overdue, 0), oldest,
        CASE WHEN is_all THEN workers.slots ELSE queues.slots END, coalesce(busy, 0)
    FROM steps, workers, queues LEFT JOIN series ON (series.queue, series.target, series.team) = (queues.queue, '', '')
    WHERE is_all OR series.id IS NOT NULL ORDER BY 1, 2, 3
    ON CONFLICT (step, at, series_id) DO UPDATE SET samples = old.samples + 1, pending = old.pending + excluded.pending,
        {_greatest("pending_max", "overdue_max", "oldest_max")},
        slots = old.slots + excluded.slots, busy = old.busy + excluded.busy
)"""  # noqa: S608 - as above
MOVED = """
over AS (
    DELETE FROM jobs_rollupopen WHERE attempt_id = ANY (ARRAY(
        SELECT attempt_id FROM awaited
        WHERE outcome IS NOT NULL OR (id IS NULL AND (series_id IS NOT NULL OR over))
    ))
), come AS (
    UPDATE jobs_rollupopen AS open SET series_id = counted.series_id FROM counted
    WHERE open.attempt_id = counted.id AND counted.outcome IS NULL
), noted AS (
    INSERT INTO jobs_rollupopen (attempt_id, series_id, noted_at, fence)
    SELECT id, series_id, %(now)s, pg_snapshot_xmax(pg_current_snapshot()) FROM counted
    WHERE outcome IS NULL AND id > (SELECT upto FROM pos)
    UNION ALL
    SELECT one, NULL, %(now)s, pg_snapshot_xmax(pg_current_snapshot())
    FROM fresh, generate_series(id - least(missing, %(most_missing)s), id - 1) AS one WHERE missing > 0
), moved AS (
    UPDATE jobs_rollupposition SET turn = turn + 1, added_at = %(now)s,
        upto = greatest(upto, (SELECT max(id) FROM fresh)),
        sampled_at = CASE WHEN (SELECT samples FROM pos) THEN %(sample)s ELSE sampled_at END
    WHERE id = 1 AND EXISTS (SELECT FROM pos)
)
SELECT (SELECT count(*) FROM pos), (SELECT count(*) FROM fresh), (SELECT count(*) FROM ends)"""
ADD = "WITH " + ",".join((POSITION, READ, SAMPLE, NAMED, COUNTED, WRITTEN)) + "," + MOVED

# Counted is what starts from now on, and what runs now.
BEGIN = """
WITH begun AS (
    INSERT INTO jobs_rollupposition (id, upto, turn, added_at)
    SELECT 1, coalesce(max(id), (SELECT last_value - (NOT is_called)::integer FROM jobs_attempt_id_seq)), 0, %(now)s
    FROM jobs_attempt
    HAVING NOT EXISTS (SELECT FROM jobs_rollupposition)  -- or it would wait for the other one
    ON CONFLICT DO NOTHING RETURNING upto
), emptied AS (
    DELETE FROM jobs_rollupopen WHERE EXISTS (SELECT FROM begun)
)
INSERT INTO jobs_rollupopen (attempt_id, series_id, noted_at, fence)
SELECT start.id, NULL, %(now)s, pg_snapshot_xmax(pg_current_snapshot())
FROM begun, jobs_job AS job JOIN jobs_attempt AS start ON start.job_id = job.id AND start.number = job.attempt
WHERE job.state = 1 AND start.outcome IS NULL
ON CONFLICT DO NOTHING
"""


class Added(NamedTuple):
    """Result of a turn. `more`: there are more starts than it has read."""

    ends: int
    more: bool


def add(*, now: datetime, overdue_before: datetime, alive_since: datetime, limit: int = AT_A_TIME) -> Added:
    """Add what has started, ended and waits; nothing while another does it. One statement, and a second where the row
    of the position is not there yet."""
    values: dict[str, Any] = {
        "now": now,
        "today": now.astimezone(UTC).date(),
        "sample": datetime.fromtimestamp(now.timestamp() // STEPS[0] * STEPS[0], UTC),
        "overdue_before": overdue_before,
        "alive_since": alive_since,
        "before": now - BEFORE,
        "after": now + AFTER,
        "given_up": now - MISSING_FOR,
        "limit": limit,
        "other": OTHER,
        "most_series": MOST_SERIES,
        "most_read": MOST_READ,
        "most_missing": MOST_MISSING,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
        ours, starts, ends = cursor.fetchone()
        if not ours:
            cursor.execute(BEGIN, {"now": now})
    return Added(ends, starts == limit)
