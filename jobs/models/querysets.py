"""Every question we ask the database about jobs, by name. Times are aware datetimes on the database's clock."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import connections, models
from django.db.models import Avg, Count, F, Max, Min, Q, StdDev

from jobs.models.overviews import MEASURED, JobOverviews
from jobs.states import FINAL, State

if TYPE_CHECKING:
    from jobs.models.attempt import Attempt  # noqa: F401 - named in the generics below
    from jobs.models.job import Job  # noqa: F401
    from jobs.models.processes import Worker  # noqa: F401
    from jobs.models.workerlog import WorkerLog  # noqa: F401


class Listed(NamedTuple):
    """What the dispatcher needs of a listed job: nothing that the row does not say better later."""

    id: int
    version: int
    run_at: datetime
    queue: str
    deliveries: int


class Delays(NamedTuple):
    """Start delays in milliseconds; None where there are too few jobs. `stdev` is the sample's."""

    jobs: int
    mean: float | None
    stdev: float | None
    low: float | None
    high: float | None


# The list query: finds what is due before the horizon, marks it as published and logs itself, in one
# statement. By state, never by a watermark of time: a row that commits late is found by the next window.
# A listed row that is overdue and still pending has lost its message (or waits for a slot): it is listed
# again after 3/4, 3/2, 3 ... windows, so that a backlog does not become a flood of duplicates.
LIST_AND_MARK = """
WITH due AS (
    SELECT id FROM jobs_job
    WHERE state = 0 AND run_at < %(horizon)s
      AND (enqueued_at IS NULL
           OR (run_at < %(overdue)s
               AND enqueued_at < %(now)s - least(
                   %(window)s * 0.75 * 2 ^ least(greatest(deliveries, 1) - 1, 20), %(longest)s) * interval '1 second')
           OR enqueued_at >= %(unpublished_since)s::timestamptz)
    ORDER BY run_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE jobs_job SET enqueued_at = %(now)s, deliveries = least(jobs_job.deliveries + 1, 32767)
    WHERE jobs_job.id = ANY (ARRAY(SELECT id FROM due))  -- a join may read the whole table
    RETURNING jobs_job.id, jobs_job.version, jobs_job.run_at, jobs_job.queue, jobs_job.deliveries
), logged AS (
    INSERT INTO jobs_workerlog (action, client, results, at)
    SELECT 'QUERYLIST', %(client)s, count(*), %(now)s FROM marked
)
SELECT id, version, run_at, queue, deliveries FROM marked ORDER BY run_at, id
"""

# What the database's clock reads while it answers: the comparison that costs no statement of its own.
DATABASE_CLOCK = models.Func(function="clock_timestamp", output_field=models.DateTimeField())

LIST_LIMIT = 50_000  # jobs in one statement: bounds the memory of a beat that finds a year of backlog
OVERDUE_AFTER = timedelta(seconds=1)
LONGEST_BACK_OFF = 3600.0  # seconds


class JobQuerySet(JobOverviews):
    def list_and_mark(
        self,
        *,
        now: datetime,
        horizon: datetime,
        window: float,
        client: str,
        unpublished_since: datetime | None = None,
        limit: int = LIST_LIMIT,
    ) -> list[Listed]:
        """List the pending jobs due before `horizon` that need a message, soonest first, and mark them.

        `window` is MinPrepareTime in seconds. With `unpublished_since` also those marked since then are
        listed again: a leader that died between marking and publishing leaves them.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                LIST_AND_MARK,
                {
                    "now": now,
                    "horizon": horizon,
                    "overdue": now - OVERDUE_AFTER,
                    "window": window,
                    "longest": LONGEST_BACK_OFF,
                    "unpublished_since": unpublished_since,
                    "client": client,
                    "limit": limit,
                },
            )
            return [Listed(*row) for row in cursor.fetchall()]

    def mark(self, ids: Iterable[int], *, now: datetime) -> int:
        """Note that the message of these pending jobs is going out."""
        unlisted = self.filter(id__in=list(ids), state=State.PENDING, enqueued_at=None)
        return unlisted.update(enqueued_at=now, deliveries=1)

    def unmark(self, ids: Iterable[int]) -> int:
        """Give jobs whose message could not go out back to the next list query."""
        return self.filter(id__in=list(ids), state=State.PENDING).update(enqueued_at=None, deliveries=0)

    def acquirable(self, job_ids: Iterable[int], *, due_before: datetime) -> JobQuerySet:
        """The rows of messages, locked, those that are still to be started and that nobody else has.

        A row that is not due before `due_before` was moved behind our back: its message is stale.
        """
        pending = self.filter(id__in=list(job_ids), state=State.PENDING, run_at__lt=due_before).order_by("id")
        locked: JobQuerySet = pending.select_for_update(skip_locked=True, of=("self",)).annotate(read_at=DATABASE_CLOCK)
        return locked

    def unlocked(self, job_id: int) -> JobQuerySet:
        """The row, if nobody has its lock; raises OperationalError if anybody has."""
        return self.select_for_update(nowait=True, of=("self",)).filter(id=job_id)

    def held_by(self, job_id: int, attempt: int) -> JobQuerySet:
        """The running row, if this attempt is still the one that runs it."""
        return self.filter(id=job_id, state=State.RUNNING, attempt=attempt)

    def pending(self) -> JobQuerySet:
        return self.filter(state=State.PENDING)

    def running(self) -> JobQuerySet:
        return self.filter(state=State.RUNNING)

    def final(self) -> JobQuerySet:
        return self.filter(state__in=FINAL)

    def ended_and_locked(self, ids: Iterable[int]) -> list[int]:
        """Which of these have ended, their rows locked until the transaction ends: what is deleted is not retried."""
        ended = self.final().filter(pk__in=list(ids)).order_by("pk").select_for_update()
        return list(ended.values_list("pk", flat=True))

    def in_state(self, states: Iterable[int]) -> JobQuerySet:
        return self.filter(state__in=list(states))

    def due_next(self) -> JobQuerySet:
        return self.pending().order_by("run_at", "id")

    def overdue(self, now: datetime) -> JobQuerySet:
        return self.pending().filter(run_at__lt=now - OVERDUE_AFTER)

    def recently_finished(self) -> JobQuerySet:
        return self.final().order_by("-finished_at")

    def finished_since(self, since: datetime) -> JobQuerySet:
        return self.final().filter(finished_at__gte=since)

    def for_people(self) -> JobQuerySet:
        """With what lists of jobs show, in one query."""
        return self.select_related("created_by")

    def with_story(self) -> JobQuerySet:
        """With its ledger, and what people asked of it."""
        return self.prefetch_related("attempts", "audit__by")

    def delays(self) -> Delays:
        """How late bodies were entered: over those of these jobs that have started."""
        delay = models.ExpressionWrapper(F("execute_at") - F("run_at"), output_field=models.DurationField())
        milliseconds = models.Func(
            delay, template="(extract(epoch FROM %(expressions)s) * 1000)::float8", output_field=models.FloatField()
        )
        found = (
            self.filter(MEASURED)
            .annotate(_ms=milliseconds)
            .aggregate(
                jobs=Count("id"), mean=Avg("_ms"), stdev=StdDev("_ms", sample=True), low=Min("_ms"), high=Max("_ms")
            )
        )
        return Delays(**found)

    def of_benchmark(self, run: str, first_id: int, word: str = "benchmark") -> JobQuerySet:
        """The jobs of one benchmark run, by the name it gives them; none of them is older than `first_id`."""
        return self.filter(id__gte=first_id, name__startswith=f"{word} {run} ")

    def unfinished(self) -> JobQuerySet:
        return self.exclude(state__in=FINAL)

    def count_by_state(self) -> dict[int, int]:
        return dict(self.order_by().values_list("state").annotate(jobs=Count("id")))


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def open(self) -> AttemptQuerySet:
        """Started and not yet ended."""
        return self.filter(outcome__isnull=True)

    def starts_of(self, job_ids: Iterable[int]) -> dict[int, int]:
        """How often each of these jobs was started; those never started are left out."""
        found = self.filter(job_id__in=list(job_ids)).order_by().values_list("job_id")
        return dict(found.annotate(starts=Count("id")))

    def open_by(self, token: uuid.UUID) -> AttemptQuerySet:
        """The attempt of this token with its job, unless it has ended."""
        return self.open().select_related("job").filter(token=token)

    def open_of(self, sessions: Iterable[uuid.UUID], job_id: int | None = None) -> AttemptQuerySet:
        """Started by these lives of workers and not yet ended; with `job_id` of that job only."""
        found = self.open().filter(session__in=list(sessions))
        return found if job_id is None else found.filter(job_id=job_id)

    def orphaned(self, present: WorkerQuerySet, locked_before: datetime) -> AttemptQuerySet:
        """Open since before then, by a session that is none of the present workers': one that was declared gone and
        woke, or that never got as far as its first heartbeat."""
        return self.open().filter(locked_at__lt=locked_before).exclude(session__in=present.values("session"))

    def open_by_session(self) -> dict[uuid.UUID, int]:
        """How many starts each life of a worker holds: its busy slots, at this moment."""
        return dict(self.open().order_by().values_list("session").annotate(starts=Count("pk")))


class WorkerQuerySet(models.QuerySet["Worker"]):
    def present(self) -> WorkerQuerySet:
        """Those whose attempts nobody has settled yet: the living and the just departed."""
        return self.filter(gone_at__isnull=True)

    def alive(self, now: datetime, patience: timedelta) -> WorkerQuerySet:
        return self.present().filter(stopped_at__isnull=True, heartbeat_at__gte=now - patience)

    def seen_since(self, since: datetime) -> WorkerQuerySet:
        """Those still present, and those that have left since then."""
        return self.filter(Q(gone_at__isnull=True) | Q(gone_at__gte=since)).order_by("name", "-heartbeat_at")

    def queue_names(self) -> set[str]:
        """Every queue that a worker of ours takes from or has taken from lately."""
        return {
            name for queues in self.order_by("-heartbeat_at").values_list("queues", flat=True)[:500] for name in queues
        }

    def serving_at(self, moment: datetime, patience: timedelta) -> WorkerQuerySet:
        """Those that lived at that moment: the latest heartbeat of a living worker is always a little old."""
        lived = self.filter(started_at__lte=moment, heartbeat_at__gte=moment - patience)
        return lived.exclude(stopped_at__lte=moment)

    def vanished(self, silent_before: datetime | None) -> WorkerQuerySet:
        """Stopped, or without a heartbeat since `silent_before`: whatever they still hold is nobody's."""
        vanished = Q(stopped_at__isnull=False)
        if silent_before is not None:
            vanished |= Q(heartbeat_at__lt=silent_before)
        return self.present().filter(vanished)


class WorkerLogQuerySet(models.QuerySet["WorkerLog"]):
    def list_queries(self, since: datetime, until: datetime) -> WorkerLogQuerySet:
        """The list queries that ran in [since, until)."""
        return self.filter(action="QUERYLIST", at__gte=since, at__lt=until)

    def about(self, action: str, job_ids: Iterable[int]) -> WorkerLogQuerySet:
        """What was asked about these jobs: single-job queries, or failed acquisitions."""
        return self.filter(action=action, job_id__in=list(job_ids))
