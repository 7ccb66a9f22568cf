"""The questions of people who look: bounded, so that a page costs the same with ten jobs and with ten million."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Self

from django.db import connections, models
from django.db.models import Aggregate, Avg, Count, F, Max, Min, OuterRef, Q, StdDev, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from jobs.models.holding import bit_is_set
from jobs.models.querysets.planned import JobPlanned
from jobs.states import FINAL, Hold, State

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - named in the base class

COUNT_LIMIT = 10_000  # beyond this a count is shown as "10,000+"
FIGURES_LIMIT = 10_000  # ends that the statistics of a page look at, newest first
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
    SELECT queue, coalesce(not_before, run_at) AS due FROM jobs_job WHERE state = 0 AND holds = 0
    ORDER BY coalesce(not_before, run_at), id LIMIT %(limit)s
) AS first
GROUP BY queue ORDER BY queue
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


# A job that a person has confirmed as done left no moment of its start: its execute_at is a bound, not a delay.
MEASURED = Q(execute_at__isnull=False) & ~Q(state=State.COMPLETED, reason__gt="")


class JobOverviews(JobPlanned):
    """Part of JobQuerySet: what the monitor and the admin ask."""

    def bounded_count(self, limit: int = COUNT_LIMIT) -> int:
        """Return how many there are, at most `limit` + 1: the rest is not read."""
        return self.order_by().values("pk")[: limit + 1].count()

    def backlog(self, overdue_before: datetime, limit: int = COUNT_LIMIT) -> list[Backlog]:
        """Return the first `limit` pending jobs that nothing holds, counted per queue: the overdue ones come first."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(BACKLOG, {"overdue_before": overdue_before, "limit": limit})
            return [Backlog(*row) for row in cursor.fetchall()]

    def held(self, by: Hold | None = None) -> Self:
        """Select the jobs that wait for more than their time, by this cause or by any."""
        held = self.filter(state=State.PENDING).exclude(holds=0)
        return held if by is None else held.filter(bit_is_set(by))

    def held_counts(self) -> Counter[Hold]:
        """Return how many each cause holds, of the first COUNT_LIMIT + 1; a job that two causes hold counts for
        both."""
        first = self.held().order_by("queue", "run_at", "id")
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

    def awaiting_start(self) -> Self:
        """Select the jobs that are pending and held by nothing, with `due_at`: what the list query looks at."""
        return self.filter(state=State.PENDING, holds=0).annotate(due_at=Coalesce("not_before", "run_at"))

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

    def with_id(self, text: str) -> Self | None:
        """Select the job that this is the id of; None if it is none, or there is no such job."""
        if text.isascii() and text.isdecimal() and len(text) < 19 and (found := self.filter(pk=int(text))).exists():
            return found
        return None

    def search(self, text: str) -> tuple[Self, bool]:
        """Find jobs by labels and parts of names or targets, all of them. Returns also whether an index leads there."""
        found, is_narrow = self, False
        for word in text.replace("\x00", "").split():
            found, is_label = found.with_word(word)
            is_narrow |= is_label
        return found, is_narrow

    def with_word(self, word: str) -> tuple[Self, bool]:
        """Find jobs by a label such as team:payroll where any job has it, else by a part of the name or target. Returns
        also whether it was a label."""
        key, colon, value = word.partition(":")
        if colon and (found := self.labelled({key: value})).exists():
            return found, True
        return self.filter(Q(name__icontains=word) | Q(target__icontains=word)), False

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
        # One value, however many they are.
        these = RawSQL("jobs_job.id = ANY (%s::bigint[])", [ids], output_field=models.BooleanField())
        return self.filter(these), True

    def ends(self) -> tuple[int, int]:
        """Return the ids of the oldest and of the newest of these; 0 where there are none."""
        found = self.order_by().aggregate(oldest=Coalesce(Min("id"), 0), newest=Coalesce(Max("id"), 0))
        return found["oldest"], found["newest"]

    def labelled(self, labels: Mapping[str, str]) -> Self:
        """Select the jobs that have all of these labels; by an index that has no others."""
        return self.exclude(labels={}).filter(labels__contains=labels) if labels else self

    def brief(self) -> Self:
        """Select the jobs without the columns that can be long; `has_reason` says whether one of them has any text."""
        has_reason = models.ExpressionWrapper(~Q(reason=""), output_field=models.BooleanField())
        return self.defer("payload", "labels", "reason").annotate(has_reason=has_reason)

    def with_worker(self) -> Self:
        """Select the jobs with `worker`: who made the latest start, by the ledger; None before a start."""
        from jobs.models.attempt import Attempt  # noqa: PLC0415 - the ledger knows the job, not the other way round

        latest = Attempt.objects.filter(job=OuterRef("pk"), number=OuterRef("attempt"))
        return self.annotate(worker=Subquery(latest.values("worker")[:1]))

    def with_progress(self) -> Self:
        """Select the jobs with `progress` and `progress_note` of the latest start; None where it has said nothing."""
        from jobs.models.attempt import Attempt  # noqa: PLC0415 - as above

        latest = Attempt.objects.filter(job=OuterRef("pk"), number=OuterRef("attempt"))
        said = {name: Subquery(latest.values(name)[:1]) for name in ("progress", "progress_note")}
        return self.annotate(**said)

    def busy_at(self, moment: datetime, queue: str, *, look_back: timedelta, limit: int) -> int:
        """Return how many jobs of this queue held a slot at that moment, of those due in the `look_back` before it."""
        return (
            self.filter(run_at__gt=moment - look_back, run_at__lte=moment + look_back, queue=queue)
            .filter(Q(locked_at__lt=moment), Q(finished_at__gt=moment) | Q(state=State.RUNNING))
            .bounded_count(limit)
        )
