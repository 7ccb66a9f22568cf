"""The questions of people who look: bounded, so that a page costs the same with ten jobs and with ten million."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.db import connections, models
from django.db.models import Aggregate, Avg, Count, F, Max, Min, Q, StdDev
from django.db.models.functions import Coalesce

from jobs.models.holding import bit_is_set
from jobs.models.querysets.ids import is_one_of
from jobs.models.querysets.late import JobsLate
from jobs.models.querysets.sampling import some_of_many
from jobs.models.querysets.wanted import MEASURED
from jobs.models.querysets.within import and_in_reach
from jobs.states import FINAL, Hold, State

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

COUNT_LIMIT = 10_000  # beyond this a count is shown as "over 10,000"
FIGURES_LIMIT = 10_000  # ends that the statistics of a page look at, newest first
QUEUE_ORDER = ("queue", "run_at", "id")  # in which an index has all that are held
LOOK = 100_000  # of the newest jobs in which is looked for what no index leads to


class Backlog(NamedTuple):
    """The jobs that wait in one queue, counted by the table."""

    queue: str
    pending: int
    overdue: int
    oldest: datetime  # when the first is due


# One scan of the partial index; the ORM could only say it with a join that takes ten times as long.
BACKLOG = """
SELECT queue, count(*), count(*) FILTER (WHERE due < %(overdue_before)s), min(due)
FROM (
    SELECT queue, coalesce(not_before, run_at) AS due FROM jobs_job WHERE state = 0 AND holds = 0{within}
    ORDER BY coalesce(not_before, run_at), id LIMIT %(limit)s
) AS first
GROUP BY queue ORDER BY queue
"""


BUSY_AT_EACH = """
SELECT asked.id, (
    SELECT count(*) FROM (
        SELECT id, queue, state, locked_at, finished_at FROM jobs_job
        WHERE run_at > asked.at - %(back)s AND run_at <= asked.at + %(ahead)s ORDER BY run_at DESC LIMIT %(limit)s
    ) AS near
    WHERE asked.queues ? near.queue AND near.id <> asked.id AND near.locked_at < asked.at
        AND (near.finished_at > asked.at OR near.state = 1)
)
FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked (id bigint, queues jsonb, at timestamptz)
"""


class Figures(NamedTuple):
    """Figures of the latest ends. Delays are milliseconds between run_at and the body's entry; None where nothing has
    started."""

    ends: int
    started: int
    mean: float | None
    stdev: float | None  # the sample's
    low: float | None
    p99: float | None
    high: float | None
    completed: int
    failed: int
    cancelled: int
    interrupted: int
    skipped: int

    @property
    def cut(self) -> bool:
        """Is true when there may have been more than were looked at."""
        return self.ends >= FIGURES_LIMIT


class _Percentile99(Aggregate):
    function = "percentile_disc"
    template = "%(function)s(0.99) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = models.FloatField()


class JobOverviews(JobsLate):
    """Part of JobQuerySet: what the monitor and the admin ask."""

    def bounded_count(self, limit: int = COUNT_LIMIT) -> int:
        """Return how many there are, at most `limit` + 1: the rest is not read."""
        return self.order_by().values("pk")[: limit + 1].count()

    def are_many_labelled(self) -> bool:
        """Return whether there are more than COUNT_LIMIT of these, to which the index of labels leads."""
        with some_of_many():
            return self.bounded_count(COUNT_LIMIT) > COUNT_LIMIT

    def backlog(
        self, overdue_before: datetime, limit: int = COUNT_LIMIT + 1, *, within: Reach | None = None
    ) -> list[Backlog]:
        """Return the first `limit` pending jobs that nothing holds, of those that are `within` this reach, counted per
        queue: the overdue ones come first."""
        condition, values = and_in_reach(within)
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                BACKLOG.format(within=condition), {"overdue_before": overdue_before, "limit": limit, **values}
            )
            return [Backlog(*row) for row in cursor.fetchall()]

    def held(self, by: Hold | None = None) -> Self:
        """Select the jobs that wait for more than their time, by this cause or by any."""
        held = self.filter(state=State.PENDING).exclude(holds=0)
        return held if by is None else held.filter(bit_is_set(by))

    def held_counts(self) -> Counter[Hold]:
        """Return how many each cause holds, of the first COUNT_LIMIT + 1; a job that two causes hold counts for
        both."""
        first = self.held().order_by(*QUEUE_ORDER)
        found: Counter[Hold] = Counter()
        for (holds,) in first[: COUNT_LIMIT + 1].values_list("holds"):
            found.update(Hold(holds))
        return found

    def latest_figures(self, since: datetime) -> Figures:
        """Return delays and outcomes of the ends since then, of the newest FIGURES_LIMIT where there were more."""
        delay = models.ExpressionWrapper(F("execute_at") - F("run_at"), output_field=models.DurationField())
        milliseconds = models.Func(
            delay, template="(extract(epoch FROM %(expressions)s) * 1000)::float8", output_field=models.FloatField()
        )
        found = (
            self.filter(state__in=sorted(FINAL), finished_at__gte=since)
            .order_by("-finished_at")
            .annotate(_ms=models.Case(models.When(MEASURED, then=milliseconds)))[:FIGURES_LIMIT]
            .aggregate(
                ends=Count("id"),
                started=Count("_ms"),
                mean=Avg("_ms"),
                stdev=StdDev("_ms", sample=True),
                low=Min("_ms"),
                p99=_Percentile99("_ms"),
                high=Max("_ms"),
                **{s.label: Count("id", filter=Q(state=s)) for s in FINAL},
            )
        )
        return Figures(**found)

    def late_by_queue(self, since: datetime, late: timedelta) -> list[tuple[str, int]]:
        """Return of which queues jobs that have ended since then started later than that, and how many: of the newest
        FIGURES_LIMIT."""
        ended = self.filter(state__in=sorted(FINAL), finished_at__gte=since).order_by("-finished_at")
        started_late = self.filter(
            MEASURED, pk__in=ended.values("pk")[:FIGURES_LIMIT], execute_at__gt=F("run_at") + late
        )
        return list(started_late.order_by("queue").values_list("queue").annotate(jobs=Count("pk")))

    def upcoming(self, since: datetime) -> Self:
        """Select the jobs that are pending and due from then on, soonest first."""
        return self.awaiting_start().filter(due_at__gte=since).order_by("due_at", "id")

    def failed_since(self, since: datetime) -> Self:
        """Select the jobs that have failed since then, newest first."""
        return self.filter(state=State.FAILED, finished_at__gte=since).order_by("-finished_at")

    def interrupted(self) -> Self:
        """Select the jobs that wait for a person to say what became of them, the latest first, however old."""
        return self.filter(state=State.INTERRUPTED).order_by("-finished_at")

    def due_between(self, start: datetime, end: datetime) -> Self:
        """Select the jobs that are due in [start, end)."""
        return self.filter(run_at__gte=start, run_at__lt=end)

    def due_lately(self, at: datetime, *, back: timedelta, ahead: timedelta, limit: int) -> Self:
        """Select the last `limit` jobs that were due in the `back` before a moment and `ahead` after it."""
        return self.filter(run_at__gt=at - back, run_at__lte=at + ahead).order_by("-run_at")[:limit]

    def with_id(self, text: str) -> Self | None:
        """Select the job that this is the id of; None if it is none, or there is no such job."""
        if text.isascii() and text.isdecimal() and len(text) < 19 and (found := self.filter(pk=int(text))).exists():
            return found
        return None

    def among_newest(self) -> tuple[Self, bool]:
        """Select of these what is among the LOOK newest jobs, found at once unless there is much of it: so it takes as
        long with a hundred times as many older ones. Returns also whether there are older jobs."""
        oldest, newest = self.model._default_manager.all().ends()
        before = newest - LOOK
        if oldest > before:
            return self, False
        newest_ones = self.filter(id__gt=before)
        ids = list(newest_ones.order_by("-id").values_list("pk", flat=True)[: COUNT_LIMIT + 1])
        if len(ids) > COUNT_LIMIT:  # so many that any way comes upon them soon
            return newest_ones, True
        return self.filter(is_one_of(ids)), True

    def ends(self) -> tuple[int, int]:
        """Return the ids of the oldest and of the newest of these; 0 where there are none."""
        found = self.order_by().aggregate(oldest=Coalesce(Min("id"), 0), newest=Coalesce(Max("id"), 0))
        return found["oldest"], found["newest"]

    def brief(self) -> Self:
        """Select the jobs without the columns that can be long; `has_reason` says whether one of them has any text."""
        has_reason = models.ExpressionWrapper(~Q(reason=""), output_field=models.BooleanField())
        return self.defer("payload", "labels", "reason").annotate(has_reason=has_reason)

    def busy_at_each(
        self,
        asked: Collection[tuple[int, list[str], datetime]],
        *,
        look_back: timedelta,
        look_ahead: timedelta,
        limit: int,
    ) -> dict[int, int]:
        """Return for each of these jobs how many others, of its queues, held a slot at its moment. Looked at are those
        that were due in the `look_back` before it and `look_ahead` after it, the last `limit`. No statement for
        none."""
        if not asked:
            return {}
        values: dict[str, Any] = {
            "asked": json.dumps([{"id": pk, "queues": queues, "at": at.isoformat()} for pk, queues, at in asked]),
            "back": look_back,
            "ahead": look_ahead,
            "limit": limit,
        }
        with connections[self.db].cursor() as cursor:
            cursor.execute(BUSY_AT_EACH, values)
            return dict(cursor.fetchall())
