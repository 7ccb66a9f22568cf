"""Question of how many jobs are planned around some moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connections

from jobs.models.querysets.dependencies import JobWaits
from jobs.models.querysets.within import and_in_reach

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

MOST_PLANNED = 10_000  # of a minute that are looked at

# An index scan for each minute.
PLANNED = """
SELECT minute, (
    SELECT count(*) FROM (
        SELECT created_by_id, labels, queue, target FROM jobs_job
        WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) >= minute
          AND coalesce(not_before, run_at) < minute + interval '1 minute'
        LIMIT %(most)s
    ) AS first WHERE true{within}
)
FROM unnest(%(minutes)s::timestamptz[]) AS minute
"""


class JobPlanned(JobWaits):
    def planned_in(self, minutes: Sequence[datetime], *, within: Reach) -> dict[datetime, int]:
        """Return how many jobs within this reach are due in the minute that begins at each of these moments, among the
        first MOST_PLANNED of each: one statement. Those that are held have no time yet."""
        condition, values = and_in_reach(within)
        with connections[self.db].cursor() as cursor:
            asked = {"minutes": list(minutes), "most": MOST_PLANNED, **values}
            cursor.execute(PLANNED.format(within=condition), asked)
            return dict(cursor.fetchall())
