"""The questions about jobs that share a key or a queue: who waits for it, who is on its way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import connections, models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from jobs.models.holding import bit_is_set
from jobs.models.limit import Kind, Limit
from jobs.models.querysets.stops import JobStops
from jobs.models.stop import stopped
from jobs.states import FINAL, Hold, State

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - named in the base class

# The time that the database's clock reads while it answers: the comparison that costs no statement of its own.
DATABASE_CLOCK = models.Func(function="clock_timestamp", output_field=models.DateTimeField())

STOPPED = RawSQL(  # noqa: S611 - of our own words only
    stopped("coalesce(jobs_job.not_before, jobs_job.run_at)", "clock_timestamp()"),
    [],
    output_field=models.BooleanField(),
)

# One snapshot: a job that is taken meanwhile is in one of the two. A place of a run, or a row that is due.
ON_THEIR_WAY = """
(SELECT job_id FROM jobs_turn WHERE kind = 'key' AND name = %(key)s AND expires_at IS NULL
 ORDER BY job_id LIMIT %(limit)s)
UNION
(SELECT id FROM jobs_job WHERE state = 0 AND key = %(key)s AND run_at <= %(now)s ORDER BY run_at, id LIMIT %(limit)s)
ORDER BY 1 LIMIT %(limit)s
"""


class JobLimits(JobStops):
    """Part of JobQuerySet."""

    def in_line(self, kind: str, name: str, hold: Hold) -> Self:
        """Select the jobs that wait for this limit."""
        return self.filter(state=State.PENDING, **{kind: name}).filter(bit_is_set(hold))

    def line(self, kind: str, name: str, hold: Hold) -> Self:
        """Lock and select the jobs that wait for this limit, in the order of their turns; those that somebody else has
        locked are left out."""
        waiting = self.in_line(kind, name, hold).order_by("run_at", "id")
        return waiting.select_for_update(skip_locked=True, of=("self",), no_key=True).with_limits()

    def with_limits(self) -> Self:
        """Select the jobs with `queue_limited`, whether their queue has limits, and `read_at`, what the database's
        clock reads."""
        of_queue = Limit.objects.with_rules().filter(kind=Kind.QUEUE, name=OuterRef("queue"))
        return self.annotate(read_at=DATABASE_CLOCK, queue_limited=Exists(of_queue))

    def is_paused(self, job_id: int, number: int) -> bool | None:
        """Return whether the queue or the key of the job is paused, or everything stopped; None if it does not run by
        this attempt."""
        return self.which_paused([(job_id, number)]).get((job_id, number))

    def which_paused(self, starts: Collection[tuple[int, int]]) -> dict[tuple[int, int], bool]:
        """Return for each of these (job id, attempt) by which a job runs whether its queue or key is paused, or
        everything stopped."""
        of_key = Q(kind=Kind.KEY, name=OuterRef("key"))
        pauses = Limit.objects.paused().filter(Q(kind=Kind.QUEUE, name=OuterRef("queue")) | of_key)
        running = self.order_by().filter(pk__in=[job_id for job_id, _ in starts], state=State.RUNNING)
        found = running.annotate(paused=Exists(pauses) | STOPPED).values_list("pk", "attempt", "paused")
        return {(job_id, number): paused for job_id, number, paused in found}

    def running_by(self, job_id: int, number: int) -> Self:
        """Select the job, if it runs by this attempt."""
        return self.filter(pk=job_id, state=State.RUNNING, attempt=number)

    def on_their_way(self, key: str, now: datetime, limit: int) -> list[int]:
        """Return the ids of the first so many of this key that run, or are due and have not started yet, in order."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(ON_THEIR_WAY, {"key": key, "now": now, "limit": limit})
            return [job_id for (job_id,) in cursor.fetchall()]

    def how_far(self, ids: Collection[int]) -> dict[int, tuple[bool, int | None]]:
        """Return for each job whether it has ended, and which other one stands for it. A job that is gone is left
        out."""
        rows = self.order_by().filter(pk__in=ids).values_list("pk", "state", "joined_id")
        return {pk: (state in FINAL, joined if state == State.SKIPPED else None) for pk, state, joined in rows}

    def not_to_wait(self, ids: list[int]) -> int:
        """Make those of these pending jobs due again that waited for the moment of a rate: the list query publishes
        them, and whoever takes them asks the rate that there is now. Returns how many."""
        rows = self.filter(state=State.PENDING, pk__in=ids).order_by("id")
        free = list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True).values_list("pk", flat=True))
        return self.filter(pk__in=free).update(not_before=None, enqueued_at=None, deliveries=0)
