"""Questions about the nominal times of schedules on certain days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from jobs.database import connection
from jobs.models.history import outcomes


class Day(NamedTuple):
    """Day of a schedule, by somebody's clocks: up to `until`, which is not part of it."""

    schedule_id: int
    begin: datetime
    until: datetime


class OfDay(NamedTuple):
    """Nominal time that is accounted for, with its job, or why that has not started; or the first of several.
    `state` is None where the job has been deleted."""

    nominal_at: datetime
    cause: str | None
    noted_at: datetime
    job_id: int | None
    state: int | None
    finished_at: datetime | None


# Of several in one row the first may lie before the day: that is the last row before it.
OF_DAYS = """
SELECT asked.place, run.nominal_at, run.cause, run.noted_at, run.job_id, job.state, job.finished_at
FROM unnest(%(schedules)s::bigint[], %(begins)s::timestamptz[], %(untils)s::timestamptz[])
    WITH ORDINALITY AS asked (schedule_id, begins_at, ends_at, place),
LATERAL (
    SELECT o.nominal_at, o.cause, o.noted_at, o.job_id
    FROM jobs_occurrence AS o
    WHERE o.schedule_id = asked.schedule_id AND o.number = 1
        AND o.nominal_at >= asked.begins_at AND o.nominal_at < asked.ends_at
    UNION ALL
    SELECT before.nominal_at, before.cause, before.noted_at, before.job_id
    FROM (
        SELECT o.nominal_at, o.cause, o.noted_at, o.job_id, o.until
        FROM jobs_occurrence AS o
        WHERE o.schedule_id = asked.schedule_id AND o.number = 1 AND o.nominal_at < asked.begins_at
        ORDER BY o.nominal_at DESC LIMIT 1
    ) AS before
    WHERE before.until >= asked.begins_at
) AS run
LEFT JOIN jobs_job AS job ON job.id = run.job_id
ORDER BY asked.place, run.nominal_at
"""


def of_days(days: Collection[Day]) -> dict[Day, list[OfDay]]:
    """Return by day what is accounted for of its schedule, in the order of time."""
    asked = list(days)
    rows: list[tuple[Day, OfDay]] = []
    with connection.cursor() as cursor:
        cursor.execute(
            OF_DAYS,
            {
                "schedules": [day.schedule_id for day in asked],
                "begins": [day.begin for day in asked],
                "untils": [day.until for day in asked],
            },
        )
        for place, *row in cursor.fetchall():
            rows.append((asked[place - 1], OfDay(*row)))
    left = outcomes([row.job_id for _, row in rows if row.job_id and row.cause is None and row.state is None])
    found: dict[Day, list[OfDay]] = {day: [] for day in asked}
    for day, row in rows:
        old = left.get(row.job_id or 0)
        found[day].append(row if old is None else row._replace(state=old.state, finished_at=old.finished_at))
    return found
