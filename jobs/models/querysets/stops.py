"""The questions about jobs that a stop of everything keeps from starting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections, models

from jobs.models.querysets.within import and_in_reach

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - named in the base class
    from jobs.rights.reach import Reach

KEPT = """
SELECT id, version, coalesce(not_before, run_at) AS due, queue FROM jobs_job
WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) < %(until)s
ORDER BY coalesce(not_before, run_at), id LIMIT %(limit)s
"""
COUNT = """
SELECT count(*) FROM (
    SELECT 1 FROM jobs_job
    WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) < %(until)s{since}{within}
    LIMIT %(limit)s
) AS kept
"""
SINCE = " AND coalesce(not_before, run_at) >= %(since)s"

# Each gets a moment of its own. Its marks go: no message of before is for that moment. A run of a schedule does not say
# that it was held back: it was missed, and by its schedule's rule it starts or not.
GIVE_MOMENTS = """
UPDATE jobs_job SET not_before = given.moment, enqueued_at = NULL, deliveries = 0,
    waited_for = CASE WHEN nominal_at IS NULL THEN %(why)s ELSE waited_for END
FROM unnest(%(jobs)s::bigint[], %(moments)s::timestamptz[]) AS given (job_id, moment)
WHERE id = given.job_id
"""


class Kept(NamedTuple):
    """A pending job that a stop keeps from starting."""

    id: int
    version: int
    due: datetime
    queue: str


class JobStops(models.QuerySet["Job"]):
    """Part of JobQuerySet."""

    def kept_by_stop(self, until: datetime, *, limit: int) -> list[Kept]:
        """Lock and return the first jobs that wait for nothing else and are due before the end of a stop, soonest
        first; those that somebody else has locked are left out."""
        asked: dict[str, Any] = {"until": until, "limit": limit}
        with connections[self.db].cursor() as cursor:
            cursor.execute(f"{KEPT} FOR NO KEY UPDATE SKIP LOCKED", asked)
            return [Kept(*row) for row in cursor.fetchall()]

    def count_kept(
        self, until: datetime, *, limit: int, since: datetime | None = None, within: Reach | None = None
    ) -> int:
        """Return how many jobs, of those that are `within` this reach, wait for nothing else and are due before the end
        of a stop; `limit` at most. `since`: only those that are due from then on."""
        condition, values = and_in_reach(within)
        with connections[self.db].cursor() as cursor:
            asked: dict[str, Any] = {"since": since, "until": until, "limit": limit, **values}
            cursor.execute(COUNT.format(since="" if since is None else SINCE, within=condition), asked)
            found: int = cursor.fetchone()[0]
        return found

    def give_moments(self, kept: Sequence[Kept], moments: Sequence[datetime], *, why: str) -> None:
        """Have these jobs, whose rows the caller has locked, start at these moments instead, and say why."""
        with connections[self.db].cursor() as cursor:
            asked: dict[str, Any] = {"jobs": [job.id for job in kept], "moments": list(moments), "why": why}
            cursor.execute(GIVE_MOMENTS, asked)
