"""Question of how many jobs are planned around some moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connections

from jobs.models.querysets.dependencies import JobWaits

MOST_PLANNED = 10_000  # of a minute that are counted

# An index scan for each minute.
PLANNED = """
SELECT minute, (
    SELECT count(*) FROM (
        SELECT 1 FROM jobs_job
        WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) >= minute
          AND coalesce(not_before, run_at) < minute + interval '1 minute'
        LIMIT %(most)s
    ) AS first
)
FROM unnest(%(minutes)s::timestamptz[]) AS minute
"""


class JobPlanned(JobWaits):
    def planned_in(self, minutes: Sequence[datetime]) -> dict[datetime, int]:
        """Return how many jobs are due in the minute that begins at each of these moments, up to MOST_PLANNED: one
        statement. Those that are held have no time yet."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(PLANNED, {"minutes": list(minutes), "most": MOST_PLANNED})
            return dict(cursor.fetchall())
