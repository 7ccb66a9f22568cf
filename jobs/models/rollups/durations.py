"""Reads how long bodies of targets take from the figures of the past."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from jobs.database import connection
from jobs.models.querysets.within import and_in_reach
from jobs.models.rollups.digest import percentile

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

LOOK_BACK = timedelta(days=7)
SHARE = 0.95

# By hours: a week has 168 rows of a series.
DURATIONS = """
WITH own AS MATERIALIZED (
    SELECT id, target FROM (
        SELECT id, queue, target, (SELECT created_by_id FROM jobs_job LIMIT 0) AS created_by_id,
            jsonb_build_object('team', team) AS labels
        FROM jobs_series WHERE target = ANY(%(targets)s::text[])
    ) AS one WHERE true{within}
), hours AS (
    SELECT own.target, r.durations, r.duration_sum, r.duration_max, r.duration_digest
    FROM jobs_rollup AS r JOIN own ON own.id = r.series_id
    WHERE r.step = 3600 AND r.at >= %(since)s AND r.durations > 0
), places AS (
    SELECT target, duration_digest[i][1] AS place, sum(duration_digest[i][2])::bigint AS n
    FROM hours, generate_subscripts(duration_digest, 1) AS i GROUP BY 1, 2
)
SELECT target, sums.mean, sums.longest, array_agg(ARRAY[place, n])
FROM places JOIN (
    SELECT target, sum(duration_sum) / sum(durations) AS mean, max(duration_max) AS longest FROM hours GROUP BY target
) AS sums USING (target)
GROUP BY target, sums.mean, sums.longest
"""


class Length(NamedTuple):
    """Milliseconds that bodies of a target took: in the mean, and what 95 of 100 did not exceed, within 11 %."""

    mean: float
    p95: float


def lengths_of(
    targets: Collection[str], *, now: datetime, within: Reach | None = None, fewest: int = 1
) -> dict[str, Length]:
    """Return by target how long bodies took in the last LOOK_BACK; of those of which as many as `fewest` have ended.
    What is within this reach as a team's counts; None: all. One statement; none for none."""
    if not targets:
        return {}
    condition, more = and_in_reach(within)
    values = {"targets": sorted(targets), "since": now - LOOK_BACK, **more}
    with connection.cursor() as cursor:
        cursor.execute(DURATIONS.format(within=condition), values)
        rows = cursor.fetchall()
    return {
        target: Length(mean, percentile(digest, SHARE, longest) or 0.0)
        for target, mean, longest, digest in rows
        if sum(count for _, count in digest) >= fewest
    }
