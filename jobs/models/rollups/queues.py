"""Reads what waited and ran in each queue, what its targets did, and since when there are figures at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from jobs.database import connection
from jobs.models.querysets.within import reach_values
from jobs.models.rollups import STEPS
from jobs.models.rollups.series import OWN, Asked, QueuePoint

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

MOST_QUEUES = 100  # those that were seen last

EACH = f"""
WITH {OWN}, named AS MATERIALIZED (
    SELECT id, queue FROM jobs_series WHERE id IN (SELECT id FROM own) AND target = '' AND team = ''
        AND (%(names)s::text[] IS NULL OR queue = ANY(%(names)s::text[]))
    ORDER BY used_on DESC, queue LIMIT %(most)s
)
SELECT queue, floor(extract(epoch FROM at - %(since)s) / %(step)s)::integer AS place,
    sum(pending) / sum(samples)::float8, max(pending_max), max(overdue_max), max(oldest_max),
    sum(busy) / sum(samples)::float8, sum(slots) / sum(samples)::float8
FROM jobs_rollupqueue JOIN named ON series_id = named.id
WHERE step = %(source)s AND at >= %(since)s AND at < %(until)s
GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - of our own words only


KNOWN = f"""
WITH {OWN}
SELECT queue FROM jobs_series WHERE id IN (SELECT id FROM own) AND target = '' AND team = ''
ORDER BY used_on DESC, queue LIMIT %(most)s
"""  # noqa: S608 - of our own words only
TARGETS = f"""
WITH {OWN}
SELECT target, sum(starts)::bigint, sum(failed + interrupted)::bigint, max(delay_max),
    sum(duration_sum) / nullif(sum(durations), 0), max(duration_max)
FROM jobs_rollup JOIN jobs_series ON jobs_series.id = series_id
WHERE step = %(source)s AND at >= %(since)s AND at < %(until)s AND series_id IN (SELECT id FROM own)
GROUP BY target ORDER BY 2 DESC, 1 LIMIT %(most)s
"""  # noqa: S608 - of our own words only


class TargetSum(NamedTuple):
    """Figures of a target over a span. Lengths of time are in milliseconds; None: nothing has ended."""

    target: str
    starts: int
    failed: int
    delay_max: float | None
    duration_mean: float | None
    duration_max: float | None


def each_target(asked: Asked, *, within: Reach, most: int) -> list[TargetSum]:
    """Return the sums of each target over the span, those that started most first. One statement."""
    values = {
        **reach_values(within),
        **asked._asdict(),
        "source": max(step for step in STEPS if asked.step % step == 0),
        "other": False,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(TARGETS, values)
        return [TargetSum(*row) for row in cursor.fetchall()]


def each_queue(
    asked: Asked, *, within: Reach, names: Collection[str] | None = None, most: int = MOST_QUEUES
) -> dict[str, list[QueuePoint]]:
    """Return the points of each queue within this reach, by its name: of the `most` that were seen last, or of these
    `names`. One statement."""
    values = {
        **reach_values(within),
        **asked._asdict(),
        "source": max(step for step in STEPS if asked.step % step == 0),
        "other": False,
        "most": most,
        "names": None if names is None else sorted(names),
    }
    found: dict[str, list[QueuePoint]] = {}
    with connection.cursor() as cursor:
        cursor.execute(EACH, values)
        rows = cursor.fetchall()
    at = [asked.since + n * timedelta(seconds=asked.step) for n in range(1 + max((row[1] for row in rows), default=0))]
    for queue, place, *point in rows:  # numbers: reading a time from each row takes longer than all the rest
        found.setdefault(queue, []).append(QueuePoint(at[place], *point))
    return found


def known_queues(*, within: Reach, most: int) -> list[str]:
    """Return the names of the `most` queues within this reach of which there are samples, those that were seen last.
    One statement."""
    values = {**reach_values(within), "queue": None, "target": None, "other": False, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, values)
        return [queue for (queue,) in cursor.fetchall()]


def first(step: int) -> datetime | None:
    """Return when the first stretch of this step began that is still there; None: there are no figures yet. One
    statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT at FROM jobs_rollupqueue WHERE step = %s ORDER BY at LIMIT 1", [step])
        row = cursor.fetchone()
    return row[0] if row else None
