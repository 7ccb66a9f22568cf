"""Something that a person has asked for of many jobs at once, and that is done piece by piece."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from jobs.models.described import Described, columns, described
from jobs.models.schedule import Schedule

FASTEST = 6000  # jobs a minute


class OperationQuerySet(models.QuerySet["Operation"]):
    def going_on(self) -> OperationQuerySet:
        """Select those that are not over, the oldest first."""
        return self.filter(ended_at__isnull=True).order_by("id")

    def unfinished(
        self, schedule: Schedule, begins_at: datetime, until: datetime, *, only_missed: bool
    ) -> OperationQuerySet:
        """Select those that go on with this range of this schedule and have not made all of it."""
        same = {"schedule": schedule, "begins_at": begins_at, "until": until, "only_missed": only_missed}
        return self.going_on().filter(done__lt=F("total"), **same)

    def locked(self, *, wait: bool) -> OperationQuerySet:
        """Lock and select these; without `wait` only those that nobody else has."""
        return self.select_for_update(skip_locked=not wait, of=("self",), no_key=True)


class Operation(models.Model):
    """A row of `jobs_operation`. The leader goes on with it until it is done or cancelled; who dies meanwhile loses
    nothing of it."""

    class Kind(models.TextChoices):
        """Kinds of work."""

        BACKFILL = "backfill", "start the runs of a past range"

    class Outcome(models.TextChoices):
        """Ends of an operation."""

        DONE = "done"
        CANCELLED = "cancelled"
        FAILED = "failed"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.SET_NULL, related_name="operations")
    begins_at = models.DateTimeField(help_text="The first moment of the range.")
    until = models.DateTimeField(help_text="The moment before which the range ends.")
    only_missed = models.BooleanField(default=True, help_text="Only nominal times that have not started.")
    per_minute = models.IntegerField(default=60, help_text="How many jobs it makes a minute at most.")
    total = models.IntegerField(help_text="How many jobs it was going to make when it was asked for.")
    done = models.IntegerField(default=0, help_text="How many it has made.")
    reached_at = models.DateTimeField(help_text="Up to this nominal time all is done.")
    reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, null=True, blank=True)
    why = models.TextField(blank=True, default="", help_text="Why it has failed, or was cancelled.")

    objects = OperationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], condition=Q(ended_at__isnull=True), name="jobs_operation_going_on")]
        constraints = [
            models.CheckConstraint(condition=Q(per_minute__gte=1, per_minute__lte=FASTEST), name="jobs_operation_rate"),
            models.CheckConstraint(condition=Q(begins_at__lt=F("until")), name="jobs_operation_range"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome__isnull=True)
                | Q(ended_at__isnull=False, outcome__isnull=False),
                name="jobs_operation_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def ends_at(self) -> datetime:
        """The moment at which it has made all, if nothing holds it up: the first at once, the others at its rate."""
        return self.created_at + timedelta(minutes=max(self.total - 1, 0) / self.per_minute)

    def described(self) -> Described:
        return described(self, columns(Operation, "id", "created_at", "created_by_id"))
