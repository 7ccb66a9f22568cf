"""Counts of the runs of all schedules over time, read from indexes and no further than a bound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from jobs.database import connection
from jobs.models.querysets.within import IN_REACH, is_narrow, reach_values

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

COUNT_LIMIT = 5_000  # rows that are read of one stretch of time


class Counted(NamedTuple):
    """Runs of schedules in one stretch of time: those that have a job and were not skipped, and what was missed.
    `more_runs`, `more_missed`: there are more than were read."""

    begin: datetime
    runs: int
    failed: int
    missed: int
    more_runs: bool
    more_missed: bool


# For each stretch a walk over the index of the times of jobs, one over that of the ends of the history (what ended a
# day after its time is left out), and one over the small index of what was missed; all end at the bound. Jobs that no
# schedule has made are read, too, but not counted.
COUNT = """
SELECT wanted.begin, ran.runs, ran.failed, missed.missed, ran.read >= %(most)s, missed.read >= %(most)s
FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS wanted (begin, until)
CROSS JOIN LATERAL (
    SELECT count(*) AS read, count(*) FILTER (WHERE schedule_id IS NOT NULL AND state NOT IN (4, 6)) AS runs,
        count(*) FILTER (WHERE schedule_id IS NOT NULL AND state IN (3, 5)) AS failed
    FROM (
        SELECT schedule_id, state FROM jobs_job WHERE run_at >= wanted.begin AND run_at < wanted.until{of_jobs}
        UNION ALL
        SELECT schedule_id, state FROM jobs_history
        WHERE finished_at >= wanted.begin AND finished_at < wanted.until + interval '1 day'
            AND run_at >= wanted.begin AND run_at < wanted.until{of_jobs}
        LIMIT %(most)s
    ) AS looked_at
) AS ran
CROSS JOIN LATERAL (
    SELECT count(*) AS read, coalesce(sum(count), 0)::bigint AS missed
    FROM (
        SELECT count FROM jobs_occurrence
        WHERE cause IS NOT NULL AND cause <> 'shadow' AND nominal_at >= wanted.begin AND nominal_at < wanted.until
            {of_schedules}
        LIMIT %(most)s
    ) AS looked_at
) AS missed
ORDER BY wanted.begin
"""


def counted(stretches: Sequence[tuple[datetime, datetime]], *, within: Reach, most: int = COUNT_LIMIT) -> list[Counted]:
    """Count what ran, comes next or was missed in each of these stretches, of what is within this reach."""
    if not stretches:
        return []
    begins, ends = (list(moments) for moments in zip(*stretches, strict=True))
    with connection.cursor() as cursor:
        values = {"begins": begins, "ends": ends, "most": most, **reach_values(within)}
        cursor.execute(question(narrow=is_narrow(within)), values)
        return [Counted(*row) for row in cursor.fetchall()]


def question(*, narrow: bool) -> str:
    """Return the statement, for a reach that is narrow or that has everything."""
    of_jobs = f" AND {IN_REACH}" if narrow else ""
    of_schedules = f" AND EXISTS (SELECT FROM jobs_schedule WHERE id = schedule_id AND {IN_REACH})" if narrow else ""
    return COUNT.format(of_jobs=of_jobs, of_schedules=of_schedules)
