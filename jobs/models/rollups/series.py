"""Reads the figures of the past: a point for each stretch of a span, of all series within a reach together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs.database import connection
from jobs.models.querysets import OVERDUE_AFTER
from jobs.models.querysets.within import IN_REACH, is_narrow, reach_values
from jobs.models.rollups import OTHER, STEPS
from jobs.models.rollups.digest import A_DECADE, LEAST, Digest, last_place_within, percentile
from jobs.models.rollups.removing import KEPT

if TYPE_CHECKING:
    from jobs.models.objective import StartLimit
    from jobs.rights.reach import Reach

MOST_POINTS = 2_000


class Lengths(NamedTuple):
    """Figures of lengths of time, in milliseconds; None of nothing. `p50`, `p99`: within 11 %, the others exactly."""

    number: int
    mean: float | None = None
    stdev: float | None = None  # of all, not of a sample
    p50: float | None = None
    p99: float | None = None
    high: float | None = None
    digest: Digest = ()


class Point(NamedTuple):
    """Figures of a stretch of time: [at, at + step). `late`: of `delay`, how many were later than their objective."""

    at: datetime
    starts: int
    completed: int
    failed: int
    interrupted: int
    late: int
    delay: Lengths
    duration: Lengths


class QueuePoint(NamedTuple):
    """Samples of what waited and ran in a stretch of time, one each 10 s: their means, and the greatest. `slots`: of
    the workers that took jobs; None where those of several queues are asked for, since a worker serves many."""

    at: datetime
    pending: float
    pending_max: int
    overdue_max: int
    oldest_max: float  # seconds
    busy: float
    slots: float | None


class Asked(NamedTuple):
    """Span that is asked for: whole steps, seconds each, at most MOST_POINTS of them."""

    since: datetime
    until: datetime
    step: int
    queue: str | None = None
    target: str | None = None


OWN = f"""
own AS MATERIALIZED (
    SELECT id FROM (
        SELECT id, queue, target, (SELECT created_by_id FROM jobs_job LIMIT 0) AS created_by_id,
            jsonb_build_object('team', team) AS labels
        FROM jobs_series
        WHERE (%(queue)s::text IS NULL OR queue = %(queue)s) AND (%(target)s::text IS NULL OR target = %(target)s)
    ) AS one WHERE {IN_REACH}
    UNION ALL SELECT {OTHER} WHERE %(other)s
)"""  # noqa: S608 - of our own words only
# `in_time`: the last place of a start that is not late. What was never longer has none, and its digest is not read.
POINTS = f"""
WITH {OWN}, limits AS MATERIALIZED (
    SELECT * FROM unnest(%(kinds)s::text[], %(names)s::text[], %(places)s::int[]) AS one (kind, name, place)
), judged AS MATERIALIZED (
    SELECT own.id, coalesce(of_target.place, of_queue.place, %(usual)s) AS in_time
    FROM own LEFT JOIN jobs_series AS series USING (id)
    LEFT JOIN limits AS of_target ON of_target.kind = 'target' AND of_target.name = series.target
    LEFT JOIN limits AS of_queue ON of_queue.kind = 'queue' AND of_queue.name = series.queue
), read AS MATERIALIZED (
    SELECT date_bin(%(step)s * interval '1 s', at, %(since)s) AS point, in_time, r.*
    FROM jobs_rollup AS r JOIN judged ON judged.id = r.series_id
    WHERE step = %(source)s AND at >= %(since)s AND at < %(until)s
), sums AS (
    SELECT point, sum(starts) AS starts, sum(completed) AS completed, sum(failed) AS failed,
        sum(interrupted) AS interrupted,
        sum(CASE WHEN delay_max < {LEAST} * 10 ^ (in_time / {A_DECADE}.0) THEN 0 ELSE (
            SELECT coalesce(sum(delay_digest[i][2]), 0) FROM generate_subscripts(delay_digest, 1) AS i
            WHERE delay_digest[i][1] > in_time
        ) END) AS late,
        sum(delays) AS delays, sum(delay_sum) AS delay_sum, sum(delay_squares) AS delay_squares,
        max(delay_max) AS delay_max,
        sum(durations) AS durations, sum(duration_sum) AS duration_sum, sum(duration_squares) AS duration_squares,
        max(duration_max) AS duration_max
    FROM read GROUP BY point
), places AS (
    SELECT point, is_delay, place, sum(n)::bigint AS n
    FROM (
        SELECT point, true AS is_delay, delay_digest[i][1] AS place, delay_digest[i][2] AS n
        FROM read, generate_subscripts(delay_digest, 1) AS i
        UNION ALL
        SELECT point, false, duration_digest[i][1], duration_digest[i][2]
        FROM read, generate_subscripts(duration_digest, 1) AS i
    ) AS one GROUP BY 1, 2, 3
), digests AS (
    SELECT point, array_agg(ARRAY[place, n] ORDER BY place) FILTER (WHERE is_delay) AS delay_digest,
        array_agg(ARRAY[place, n] ORDER BY place) FILTER (WHERE NOT is_delay) AS duration_digest
    FROM places GROUP BY point
)
SELECT point, starts, completed, failed, interrupted, late,
    delays, delay_sum, delay_squares, delay_max, delay_digest,
    durations, duration_sum, duration_squares, duration_max, duration_digest
FROM sums LEFT JOIN digests USING (point) ORDER BY point
"""  # noqa: S608 - as above
QUEUES = f"""
WITH {OWN}, read AS (
    SELECT date_bin(%(step)s * interval '1 s', at, %(since)s) AS point, series_id,
        sum(pending) / sum(samples)::float8 AS pending, max(pending_max) AS pending_max,
        max(overdue_max) AS overdue_max, max(oldest_max) AS oldest_max,
        sum(slots) / sum(samples)::float8 AS slots, sum(busy) / sum(samples)::float8 AS busy
    FROM jobs_rollupqueue
    WHERE step = %(source)s AND at >= %(since)s AND at < %(until)s AND series_id IN (SELECT id FROM own)
        AND (NOT %(other)s OR series_id = {OTHER})  -- which has all queues together
    GROUP BY 1, 2
)
SELECT point, sum(pending), sum(pending_max), sum(overdue_max), max(oldest_max), sum(busy), sum(slots)
FROM read GROUP BY point ORDER BY point
"""  # noqa: S608 - as above


def finest(since: datetime, now: datetime) -> int:
    """Return the shortest stretch, in seconds, that is still there from `since` on."""
    return next((step for step in STEPS if since >= now - KEPT[step]), STEPS[-1])


def span(
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    step: int | None = None,
    points: int = 400,
    queue: str | None = None,
    target: str | None = None,
) -> Asked:
    """Return what to ask: whole stretches, the first has `since` in it. Without a `step` the shortest of which the span
    has no more than `points`. Raises ValueError, with a sentence, for a step that there is not, or for too many."""
    least = finest(since, now)
    if step is None:
        ladder = (10, 60, 300, 900, 3600, 6 * 3600, 86_400, 7 * 86_400)
        fits = (one for one in ladder if one % least == 0 and (until - since).total_seconds() <= one * points)
        step = next(fits, ladder[-1])
    if step <= 0 or step % least:
        raise ValueError(f"From that time on there are steps of {least} seconds, and of whole numbers of them.")
    begin = datetime.fromtimestamp(since.timestamp() // step * step, UTC)
    if (until - begin).total_seconds() > step * MOST_POINTS:
        raise ValueError(f"That is more than {MOST_POINTS:,} points; give a shorter span, or a longer step.")
    return Asked(begin, until, step, queue, target)


def points(asked: Asked, *, within: Reach, limits: Sequence[StartLimit] = ()) -> list[Point]:
    """Return a point for each stretch in which something has started or ended, of what is within this reach. What
    belongs to a user only because he has created it is in none. Starts are late by these limits: that of their target,
    else of their queue, else OVERDUE_AFTER; figures know no schedule. One statement."""
    values = {
        **_values(asked, within),
        "kinds": [one.kind for one in limits],
        "names": [one.name for one in limits],
        "places": [_last_in_time(one.within) for one in limits],
        "usual": _last_in_time(OVERDUE_AFTER),
    }
    with connection.cursor() as cursor:
        cursor.execute(POINTS, values)
        rows = cursor.fetchall()
    return [
        Point(
            *(at, int(starts), int(completed), int(failed), int(interrupted), int(late)),
            delay=_lengths(*rest[:5]),
            duration=_lengths(*rest[5:]),
        )
        for at, starts, completed, failed, interrupted, late, *rest in rows
    ]


def queue_points(asked: Asked, *, within: Reach) -> list[QueuePoint]:
    """Return a point for each stretch of which there is a sample; none where a target is asked for, since samples are
    of queues. One statement."""
    if asked.target is not None:
        return []
    one = asked.queue is not None or _has_all(asked, within)
    with connection.cursor() as cursor:
        cursor.execute(QUEUES, _values(asked, within))
        rows = cursor.fetchall()
    return [
        QueuePoint(at, pending, int(most), int(overdue), oldest, busy, slots if one else None)
        for at, pending, most, overdue, oldest, busy, slots in rows
    ]


def _last_in_time(within: timedelta) -> int:
    return last_place_within(within / timedelta(milliseconds=1))


def _has_all(asked: Asked, within: Reach) -> bool:
    return asked.queue is None and asked.target is None and not is_narrow(within)


def _values(asked: Asked, within: Reach) -> dict[str, Any]:
    source = max(step for step in STEPS if asked.step % step == 0)
    return {**reach_values(within), **asked._asdict(), "source": source, "other": _has_all(asked, within)}


def _lengths(
    count: int, total: float, squares: float, longest: float, digest: Sequence[Sequence[int]] | None
) -> Lengths:
    if not count:
        return Lengths(0)
    mean = total / count
    pairs = tuple((place, number) for place, number in digest or ())
    return Lengths(
        int(count),
        mean,
        math.sqrt(max(squares / count - mean * mean, 0.0)),
        percentile(pairs, 0.5, longest),
        percentile(pairs, 0.99, longest),
        longest,
        pairs,
    )
