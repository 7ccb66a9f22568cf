"""Removes stretches of time that have been there long enough, the oldest first, some at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from jobs.database import connection

KEPT: Mapping[int, timedelta] = {10: timedelta(days=1), 60: timedelta(days=31), 3600: timedelta(days=731)}

# By their places: the server would read all of the table to compare it with these.
REMOVE = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    SELECT old.ctid FROM unnest(%(steps)s::int[], %(before)s::timestamptz[]) AS kept (step, before)
    CROSS JOIN LATERAL (
        SELECT ctid FROM {table} AS one WHERE one.step = kept.step AND one.at < kept.before ORDER BY at LIMIT %(limit)s
    ) AS old
))
"""
TABLES = ("jobs_rollup", "jobs_rollupqueue")


def remove(*, now: datetime, limit: int) -> int:
    """Delete what is older than its days, of each table and step `limit` rows at most, and the names of what has not
    been seen since then. Returns how many stretches went from the table that lost most. Three statements."""
    most = 0
    with connection.cursor() as cursor:
        for table in TABLES:
            before = [now - kept for kept in KEPT.values()]
            cursor.execute(REMOVE.format(table=table), {"steps": list(KEPT), "before": before, "limit": limit})
            most = max(most, cursor.rowcount)
        cursor.execute(
            "DELETE FROM jobs_series WHERE used_on < %s",
            [(now - max(KEPT.values())).astimezone(UTC).date() - timedelta(days=1)],
        )
    return most
