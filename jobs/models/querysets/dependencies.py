"""The questions about jobs that wait for others: who waits for these, whose wait is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from django.db import connections
from django.db.models import Exists, OuterRef, Q

from jobs.models.holding import bit_is_set
from jobs.models.querysets.limits import JobLimits
from jobs.states import OVER, Awaited, Hold, State

if TYPE_CHECKING:
    from jobs.models.job import Job

FAILED_OTHERS = sorted(OVER - {State.COMPLETED})  # after these what waits for a success waits in vain


class Wait(NamedTuple):
    """The wait of a job: how far the others are. `open` of them may still run; `broken` is the first that has ended
    otherwise than well; `last` the one that ended last."""

    job_id: int
    jobs: int
    open: int
    broken: int | None
    last: int | None


HOW_FAR = """
SELECT wait.job_id, count(*), count(*) FILTER (WHERE NOT other.state = ANY (%(over)s)),
    min(other.id) FILTER (WHERE other.state = ANY (%(broken)s)),
    (max(ARRAY[extract(epoch FROM other.finished_at), other.id]) FILTER (WHERE other.finished_at IS NOT NULL))[2]::int8
FROM jobs_dependency AS wait JOIN jobs_job AS other ON other.id = wait.waits_for_id
WHERE wait.job_id = ANY (%(jobs)s)
GROUP BY wait.job_id
"""


# As an array: a join may read all that are held. Runs of one day, by whatever clocks, lie less than two days apart.
WAITING_FOR = """
SELECT id FROM jobs_job
WHERE state = 0 AND holds <> 0 AND (holds & 2) > 0 AND id = ANY (ARRAY(
    SELECT job_id FROM jobs_dependency WHERE waits_for_id = ANY (%(ids)s::bigint[])
    UNION ALL
    SELECT run.id
    FROM jobs_job AS other
    JOIN jobs_schedule AS follower
        ON follower.after_ids @> ARRAY[other.schedule_id] AND NOT follower.after_ids = '{}'::bigint[]
    JOIN jobs_job AS run ON run.schedule_id = follower.id
        AND run.state = 0 AND (run.holds & 2) > 0 AND run.nominal_at IS NOT NULL
        AND run.nominal_at BETWEEN other.nominal_at - interval '2 days' AND other.nominal_at + interval '2 days'
    WHERE other.id = ANY (%(ids)s::bigint[]) AND other.schedule_id IS NOT NULL
))
ORDER BY id
"""


class ToBeWaitedFor(NamedTuple):
    """A job for which a new one is going to wait, as it was read under its lock."""

    id: int
    version: int
    due: datetime
    queue: str
    state: int
    holds: int
    enqueued_at: datetime | None
    key: str | None


KEEP = "SELECT id FROM jobs_job WHERE id = ANY (%s::bigint[]) ORDER BY id FOR KEY SHARE"

# In one statement: what lies between two is time in which these rows are locked.
LOCK_AND_MARK = """
WITH locked AS MATERIALIZED (
    SELECT id, version, greatest(run_at, not_before) AS due, queue, state, holds, enqueued_at, key, has_dependents
    FROM jobs_job WHERE id = ANY (%(ids)s::bigint[]) AND state <> %(completed)s
    ORDER BY id FOR NO KEY UPDATE
), marked AS (
    UPDATE jobs_job SET has_dependents = true
    WHERE id = ANY (ARRAY(SELECT id FROM locked WHERE NOT has_dependents))
)
SELECT id, version, due, queue, state, holds, enqueued_at, key FROM locked
"""
MARK_UNLOCKED = LOCK_AND_MARK.replace(
    "ORDER BY id FOR NO KEY UPDATE",
    """AND NOT has_dependents
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED""",
)


class JobWaits(JobLimits):
    """Part of JobQuerySet."""

    def waiting_for(self, ids: Collection[int]) -> list[int]:
        """Return the ids of the jobs that wait for one of these, in order."""
        if not ids:
            return []
        with connections[self.db].cursor() as cursor:
            cursor.execute(WAITING_FOR, {"ids": list(ids)})
            return [pk for (pk,) in cursor.fetchall()]

    def still_waiting(self) -> Self:
        """Select the jobs that are held for others."""
        return self.filter(state=State.PENDING).exclude(holds=0).filter(bit_is_set(Hold.DEPENDENCIES))

    def waiting_and_locked(self, ids: Iterable[int], *, wait: bool) -> list[Job]:
        """Lock and return of these the jobs that are held for others; without `wait` only those that nobody else
        has."""
        waiting = self.still_waiting().filter(id__in=list(ids)).order_by("id")
        return list(waiting.select_for_update(skip_locked=not wait, of=("self",), no_key=True))

    def kept(self, ids: Collection[int]) -> set[int]:
        """Return which of these there are, kept from being deleted until the transaction ends. Whoever starts, ends or
        moves them is not in the way."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(KEEP, [list(ids)])
            return {pk for (pk,) in cursor.fetchall()}

    def to_be_waited_for(self, ids: Collection[int]) -> list[ToBeWaitedFor]:
        """Lock, mark and return of these the jobs that may end one day, so that none of them ends before the
        transaction does. The others have completed, and stay so."""
        return self._lock_and_mark(LOCK_AND_MARK, ids)

    def to_be_marked(self, ids: Collection[int]) -> list[ToBeWaitedFor]:
        """Lock, mark and return of these the jobs that may end one day, are not marked yet and that nobody else has."""
        return self._lock_and_mark(MARK_UNLOCKED, ids)

    def _lock_and_mark(self, sql: str, ids: Collection[int]) -> list[ToBeWaitedFor]:
        with connections[self.db].cursor() as cursor:
            cursor.execute(sql, {"ids": list(ids), "completed": State.COMPLETED})
            return [ToBeWaitedFor(*row) for row in cursor.fetchall()]

    def how_far_they_wait(self, ids: Collection[int]) -> dict[int, Wait]:
        """Return how far each job waits; one that waits for nothing is left out. Ask under the locks of their rows: who
        ends beside us is seen then, or sees that we have looked."""
        states = {"over": sorted(OVER), "broken": FAILED_OTHERS}
        with connections[self.db].cursor() as cursor:
            cursor.execute(HOW_FAR, {"jobs": list(ids), **states})
            return {row[0]: Wait(*row) for row in cursor.fetchall()}

    def waiting_runs(self, *, before: datetime | None, after: int, limit: int) -> list[Job]:
        """Return runs of schedules that are held for others, in the order of their ids and beyond this one; those
        whose time comes `before` a moment, or all."""
        runs = self.filter(state=State.PENDING, nominal_at__isnull=False, id__gt=after)
        runs = runs.filter(bit_is_set(Hold.DEPENDENCIES))
        return list((runs if before is None else runs.filter(run_at__lt=before)).order_by("id")[:limit])

    def waited_enough(self, limit: int) -> list[int]:
        """Return the ids of the jobs that are held for other jobs and need not be: for whoever looks what has gone
        unnoticed. Not of runs of schedules, which wait for those of others."""
        from jobs.models.dependency import Dependency  # noqa: PLC0415 - it knows the job, not the other way round

        others = Dependency.objects.filter(job=OuterRef("pk"))
        still_open = Exists(others.exclude(waits_for__state__in=OVER))
        broken = Exists(others.filter(waits_for__state__in=FAILED_OTHERS))
        wants_success = Q(waits_for_end__isnull=True) | Q(waits_for_end=Awaited.SUCCESS)
        waiting = self.still_waiting().filter(nominal_at__isnull=True)
        found = waiting.filter(Q(~still_open) | Q(wants_success, broken))
        return list(found.order_by("id").values_list("id", flat=True)[:limit])
