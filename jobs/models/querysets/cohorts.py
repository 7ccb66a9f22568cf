"""Counts of what is planned and of what runs, put together in the database: what comes out is as long as there are
moments, not as there are jobs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from jobs.database import connection
from jobs.models.querysets import OVERDUE_AFTER
from jobs.models.querysets.within import and_in_reach

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

MOST_PENDING = 200_000  # pending jobs, soonest first, that are counted
MOST_RUNNING = 10_000

# One scan of the index of what is due, and one of what runs. A row for each queue and target: lists as JSON, which is
# read a hundred times faster than rows.
COHORTS = """
WITH soonest AS (
    SELECT queue, target, at, greatest(date_part('epoch', at - %(base)s) * 1000, %(now_ms)s)::int AS due
    FROM (
        SELECT queue, target{whose}, coalesce(not_before, run_at) AS at FROM jobs_job
        WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) < %(until)s{inside}
        ORDER BY coalesce(not_before, run_at), id LIMIT %(pending)s
    ) AS first WHERE true{outside}
), cells AS (
    SELECT queue, target, min(due) AS first, max(due) AS last, count(*)::int AS number,
        (count(*) FILTER (WHERE at <= %(now)s))::int AS waiting,
        (count(*) FILTER (WHERE at < %(overdue_before)s))::int AS overdue, min(at) AS oldest
    FROM soonest GROUP BY queue, target, due / %(cell)s
)
SELECT true, queue, target, sum(waiting)::int, sum(overdue)::int, min(oldest),
    array_to_json(array_agg(first))::text, array_to_json(array_agg(last))::text,
    array_to_json(array_agg(number))::text
FROM cells GROUP BY queue, target
UNION ALL
SELECT false, queue, target, 0, 0, NULL, array_to_json(array_agg(age))::text, '[]', '[]'
FROM (
    SELECT queue, target,
        greatest(least(date_part('epoch', %(now)s - coalesce(execute_at, locked_at)) * 1000, 2000000000), 0)::int AS age
    FROM jobs_job WHERE state = 1{within} LIMIT %(running)s
) AS goes_on
GROUP BY queue, target
"""


class Cohorts(NamedTuple):
    """Jobs of one target in one queue. Of pending ones for each cell of time when the first and the last of it are due,
    milliseconds after the base, and how many it has; of running ones for each how long it has been running. `waiting`:
    how many of them are due already, `overdue` for longer than that takes, `oldest`: when the first was, or will be."""

    is_pending: bool
    queue: str
    target: str
    waiting: int
    overdue: int
    oldest: datetime | None
    first: list[int]
    last: list[int]
    numbers: list[int]

    def cells(self) -> Iterator[tuple[int, int, int]]:
        """Yield the cells of pending jobs."""
        return zip(self.first, self.last, self.numbers, strict=True)


def cohorts(
    base: datetime,
    *,
    now: datetime,
    until: datetime,
    cell: int,
    within: Reach,
    most: int = MOST_PENDING,
    among_soonest: bool = False,
    without: Collection[int] = (),
) -> list[Cohorts]:
    """Count what is pending and not held, due before `until`, in cells of so many milliseconds from `base` on (what is
    overdue is due now), and what runs, of what is within this reach. One statement, which reads `most` pending jobs:
    those of this reach; with `among_soonest` of all, and counts of them those of this reach. Pending ones `without` are
    left out."""
    condition, more = and_in_reach(within)
    where = {"inside": "", "outside": condition} if among_soonest else {"inside": condition, "outside": ""}
    whose = ", created_by_id, labels" if condition and among_soonest else ""
    if without:
        where["inside"] += " AND id <> ALL (%(without)s::bigint[])"
    values = {
        "base": base,
        "now": now,
        "now_ms": int((now - base).total_seconds() * 1000),
        "overdue_before": now - OVERDUE_AFTER,
        "until": until,
        "cell": cell,
        "pending": most,
        "running": MOST_RUNNING,
        "without": list(without),
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(COHORTS.format(within=condition, whose=whose, **where), values)
        return [Cohorts(*row[:6], *map(json.loads, row[6:])) for row in cursor.fetchall()]
