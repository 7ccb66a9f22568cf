"""Something that a person has asked for of many jobs at once, and that is done piece by piece."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from jobs.models.audit_words import Verb
from jobs.models.described import Described, columns, described
from jobs.models.querysets.within import OfSchedulesWithin, in_scope, is_narrow, is_unscoped
from jobs.models.schedule import Schedule

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

FASTEST = 6000  # jobs a minute


class Range(NamedTuple):
    """The nominal times of a backfill, and up to which of them all is done."""

    begins_at: datetime
    until: datetime
    reached_at: datetime


class OperationQuerySet(OfSchedulesWithin, models.QuerySet["Operation"]):
    def within(self, reach: Reach) -> Self:
        """Select those of the schedules that are within this reach, and of those on jobs what this user has begun. By a
        token for some queues or targets, of these the ones whose filter names one of them."""
        found: Self = super().within(reach)
        if not is_narrow(reach):
            return found
        of_jobs = self.of_jobs().filter(created_by_id=reach.user_id) if reach.user_id is not None else self.none()
        if not is_unscoped(reach):
            undo = Q(undoes__isnull=False)  # of the jobs of another's filter
            of_jobs = of_jobs.filter(~undo & in_scope(reach, "wanted__") | undo & in_scope(reach, "undoes__wanted__"))
        return self.filter(Q(pk__in=found.backfills().values("pk")) | Q(pk__in=of_jobs.values("pk")))

    def backfills(self) -> Self:
        return self.filter(kind=Operation.Kind.BACKFILL)

    def of_jobs(self) -> Self:
        """Select those that do something to jobs which are there."""
        return self.filter(kind=Operation.Kind.JOBS)

    def for_people(self) -> Self:
        """Select them with what lists of them show, in one query."""
        return self.select_related("created_by", "undoes").defer("in_order", "undoes__in_order")

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
        JOBS = "jobs", "do something to all jobs of a filter"

    class Outcome(models.TextChoices):
        """Ends of an operation."""

        DONE = "done"
        CANCELLED = "cancelled"
        FAILED = "failed"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.SET_NULL, related_name="operations")
    # Of a backfill.
    begins_at = models.DateTimeField(null=True, blank=True, help_text="The first moment of the range.")
    until = models.DateTimeField(null=True, blank=True, help_text="The moment before which the range ends.")
    only_missed = models.BooleanField(default=True, help_text="Only nominal times that have not started.")
    per_minute = models.IntegerField(
        null=True, blank=True, default=60, help_text="How many jobs it makes a minute at most."
    )
    reached_at = models.DateTimeField(null=True, blank=True, help_text="Up to this nominal time all is done.")

    # Of one on jobs. Neither a job that is created after it began, nor one with a greater id, is touched: so it ends.
    verb = models.CharField(max_length=20, choices=Verb.choices, null=True, blank=True)
    arguments = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What the verb needs: a time, an offset, a queue."
    )
    wanted = models.JSONField(null=True, blank=True, help_text="The filters of the list that find its jobs.")
    newest_id = models.BigIntegerField(null=True, blank=True, help_text="The newest job when it began.")
    position = models.BigIntegerField(default=0, db_default=0, help_text="Up to this id all is done.")
    one_by_one = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="Before that, and yet to do.",
    )
    in_order = ArrayField(
        models.BigIntegerField(),
        null=True,
        blank=True,
        editable=False,
        help_text="Of jobs that are spread: all of them, in the order of their times when it began.",
    )
    refused = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="How many it has left as they were, by why."
    )
    first = models.SmallIntegerField(
        null=True, blank=True, help_text="How many it tries first; the others follow if most of these succeed."
    )
    went_on_at = models.DateTimeField(null=True, blank=True, help_text="When enough of the first had succeeded.")
    undoes = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, editable=False)

    total = models.IntegerField(null=True, blank=True, help_text="How many there were to do; empty: too many to count.")
    done = models.IntegerField(default=0, help_text="How many it has done.")
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
            models.CheckConstraint(
                condition=Q(
                    kind="backfill",
                    begins_at__isnull=False,
                    until__isnull=False,
                    reached_at__isnull=False,
                    per_minute__isnull=False,
                    total__isnull=False,
                )
                | Q(kind="jobs", verb__isnull=False, wanted__isnull=False, newest_id__isnull=False),
                name="jobs_operation_of_kind",
            ),
            # Without a rate the others would all follow at once.
            models.CheckConstraint(
                condition=Q(first__isnull=True, went_on_at__isnull=True)
                | Q(kind="jobs", first__isnull=False, first__gt=0, per_minute__isnull=False),
                name="jobs_operation_first",
            ),
            # A request that is sent twice begins one.
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="jobs_operation_once",
            ),
            models.UniqueConstraint(
                fields=["undoes"], condition=Q(ended_at__isnull=True), name="jobs_operation_undone_by_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def range(self) -> Range:
        """The nominal times of a backfill."""
        assert self.begins_at is not None  # noqa: S101 - by jobs_operation_of_kind, as the others
        assert self.until is not None  # noqa: S101
        assert self.reached_at is not None  # noqa: S101
        return Range(self.begins_at, self.until, self.reached_at)

    @property
    def filters(self) -> dict[str, Any]:
        """The filters of one on jobs."""
        assert self.wanted is not None  # noqa: S101 - as above
        return dict(self.wanted)

    @property
    def does(self) -> Verb:
        """The verb of one on jobs."""
        assert self.verb is not None  # noqa: S101 - as above
        return Verb(self.verb)

    @property
    def ends_at(self) -> datetime:
        """The moment at which a backfill has made all, if nothing holds it up: the first at once, the others at its
        rate."""
        assert self.total is not None  # noqa: S101 - as above
        assert self.per_minute is not None  # noqa: S101
        return self.created_at + timedelta(minutes=max(self.total - 1, 0) / self.per_minute)

    @property
    def left_alone(self) -> int:
        """Number of jobs to which it came, and that it left as they were."""
        return sum(self.refused.values())

    def described(self) -> Described:
        return described(self, columns(Operation, "id", "created_at", "created_by_id", "one_by_one", "in_order"))
