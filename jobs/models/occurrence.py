"""The nominal times of schedules: what became of each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum

from jobs.models.described import Described, columns, described
from jobs.models.payload import PayloadDecoder, PayloadEncoder
from jobs.models.querysets.within import OfSchedulesWithin
from jobs.models.schedule import Schedule
from jobs.states import Cause

LONGEST_RANGE = timedelta(days=31)
UNWANTED = (Cause.DOWNTIME, Cause.CATCH_UP, Cause.LATE, Cause.TARGET)  # nobody has asked for it
MOST_SCHEDULES = 1_000  # that one answer names
# In shadow nothing should have run.
MISSED = Q(cause__isnull=False) & ~Q(cause=Cause.SHADOW)


class OccurrenceQuerySet(OfSchedulesWithin, models.QuerySet["Occurrence"]):
    def missed(self) -> OccurrenceQuerySet:
        """Select those that should have run and have not."""
        return self.filter(MISSED)

    def not_missed(self) -> OccurrenceQuerySet:
        """Select all others: those that have a job, and those that a schedule in shadow has noted."""
        return self.filter(Q(cause__isnull=True) | Q(cause=Cause.SHADOW))

    def missed_since(self, moment: datetime) -> OccurrenceQuerySet:
        """Select those that should have run since this moment and have not. Of several in one row the last counts, as
        far as the first is no more than LONGEST_RANGE before."""
        last = Q(nominal_at__gte=moment) | Q(until__gte=moment)
        return self.missed().filter(last, nominal_at__gte=moment - LONGEST_RANGE)

    def noted_since(self, moment: datetime) -> OccurrenceQuerySet:
        """Select those of which it was noted since this moment that they should have run and have not, of the last day
        before it, the last first."""
        lately = self.missed_since(moment - timedelta(days=1)).filter(noted_at__gte=moment)
        return lately.order_by("-nominal_at", "-number")

    def missed_by_schedule(self, since: datetime) -> list[tuple[str, int]]:
        """Return of which schedules it was noted since then that something has not run that should have, and how often:
        of the last day, and not what a person or a rule of theirs wanted so."""
        lately = self.noted_since(since).filter(cause__in=UNWANTED)
        found = lately.order_by("schedule__name").values_list("schedule__name").annotate(times=Sum("count"))
        return list(found[:MOST_SCHEDULES])

    def not_started(
        self, job_ids: Collection[int], cause: Cause, why: str, *, now: datetime, by_id: int | None = None
    ) -> int:
        """Write down why the jobs that stand for these have not started."""
        return self.filter(job_id__in=job_ids).update(cause=cause, why=why, noted_at=now, by_id=by_id)

    def started(self, job_ids: Collection[int]) -> int:
        """Take back the cause of those whose jobs have been told to start all the same."""
        return self.filter(job_id__in=job_ids, cause__isnull=False).update(cause=None, why="", by=None)


class Occurrence(models.Model):
    """A row of `jobs_occurrence`: a nominal time with its job, or why it has none; or several in a row that have one
    cause. A repeat that a person has asked for has a number of its own."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="occurrences", db_index=False)
    nominal_at = models.DateTimeField(help_text="The instant that the schedule's expression means.")
    number = models.SmallIntegerField(default=1, db_default=1, help_text="2 and more: a repeat of a past time.")
    # Jobs are deleted one day; what was done stays.
    job_id = models.BigIntegerField(null=True, blank=True)
    cause = models.CharField(max_length=12, choices=Cause.choices, null=True, blank=True)
    why = models.TextField(blank=True, default="", db_default="")
    until = models.DateTimeField(null=True, blank=True, help_text="The last of several with this cause.")
    count = models.IntegerField(default=1, db_default=1, help_text="How many nominal times this row stands for.")
    noted_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        ordering = ["-nominal_at", "-number"]
        verbose_name = "missed run"
        verbose_name_plural = "missed runs"
        indexes = [
            models.Index(fields=["job_id"], condition=Q(job_id__isnull=False), name="jobs_occurrence_job"),
            models.Index(fields=["-nominal_at"], condition=MISSED, name="jobs_occurrence_not_run"),
            # What schedules in shadow have noted goes after some months.
            models.Index(fields=["nominal_at"], condition=Q(cause=Cause.SHADOW), name="jobs_occurrence_shadow"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "nominal_at", "number"], name="jobs_occurrence_once"),
            models.CheckConstraint(
                condition=Q(job_id__isnull=False) | Q(cause__isnull=False), name="jobs_occurrence_accounted"
            ),
            models.CheckConstraint(
                condition=Q(count=1, until__isnull=True) | Q(count__gt=1, until__isnull=False, job_id__isnull=True),
                name="jobs_occurrence_counted",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="jobs_occurrence_numbered"),
            models.CheckConstraint(
                condition=Q(cause__isnull=True) | Q(cause__in=Cause.values), name="jobs_occurrence_cause_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} at {self.nominal_at:%Y-%m-%d %H:%M:%S} UTC"


class OccurrenceChange(models.Model):
    """A row of `jobs_occurrencechange`: what a person wants of one later run, by its nominal time."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="changes", db_index=False)
    nominal_at = models.DateTimeField()
    skipped = models.BooleanField(default=False)
    run_at = models.DateTimeField(null=True, blank=True, help_text="When it starts instead.")
    payload = models.JSONField(
        null=True, blank=True, decoder=PayloadDecoder, encoder=PayloadEncoder, help_text="Its own arguments."
    )
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["nominal_at"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "nominal_at"], name="jobs_occurrence_changed_once"),
            models.CheckConstraint(
                condition=Q(skipped=True, run_at__isnull=True, payload__isnull=True)
                | Q(Q(skipped=False), Q(run_at__isnull=False) | Q(payload__isnull=False)),
                name="jobs_occurrence_change_says_one",
            ),
        ]

    def __str__(self) -> str:
        return f"change of {self.schedule_id} at {self.nominal_at:%Y-%m-%d %H:%M:%S} UTC"

    def described(self) -> Described:
        return described(self, columns(OccurrenceChange, "id", "schedule_id", "at", "by_id"))
