"""Questions of the pages of queues: each bounded, and for all queues at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db import connections

from jobs.models.querysets.measuring import JobMeasuring
from jobs.models.querysets.overviews import COUNT_LIMIT
from jobs.models.querysets.within import and_in_reach
from jobs.states import Hold, State

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

# A probe of an index for each queue, which ends at the limit.
HELD = """
SELECT wanted.name, (
    SELECT count(*) FROM (
        SELECT queue, target, created_by_id, labels FROM jobs_job
        WHERE state = 0 AND holds <> 0 AND queue = wanted.name LIMIT %(limit)s
    ) AS held WHERE true{within}
)
FROM unnest(%(names)s::text[]) AS wanted (name)
"""


class JobsByQueue(JobMeasuring):
    """Part of JobQuerySet: what is held in each queue."""

    def held_by_queue(self, names: Collection[str], *, limit: int, within: Reach | None = None) -> dict[str, int]:
        """Return of how many jobs of each of these queues something holds them: of the first `limit` of each those
        that are `within` this reach."""
        condition, more = and_in_reach(within)
        values: dict[str, Any] = {"names": sorted(names), "limit": limit, **more}
        with connections[self.db].cursor() as cursor:
            cursor.execute(HELD.format(within=condition), values)
            return {name: count for name, count in cursor.fetchall() if count}

    def held_in_queue(self, name: str) -> Counter[Hold]:
        """Return how many of these each cause holds in this queue, of the first COUNT_LIMIT + 1."""
        held = self.order_by("run_at", "id").filter(state=State.PENDING, queue=name).exclude(holds=0)
        found: Counter[Hold] = Counter()
        for (holds,) in held[: COUNT_LIMIT + 1].values_list("holds"):
            found.update(Hold(holds))
        return found
