"""Rules of an administrator's: of what and when whom to tell, beside what the platform says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from jobs.calendars import zones
from jobs.models.alert import OWN, Level
from jobs.models.described import Described, columns, described
from jobs.models.destination import Destination

LONGEST_RUN = 31_536_000  # seconds: a year


class AlertRuleQuerySet(models.QuerySet["AlertRule"]):
    def in_use(self) -> AlertRuleQuerySet:
        return self.filter(enabled=True).order_by("id")

    def of_alerts(self, keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], AlertRule]:
        """Return the rules of these alerts with their destinations, by rule, kind and subject. Two statements, none
        where no alert is of such a rule."""
        wanted = [key for key in keys if key[0].startswith(OWN)]
        if not wanted:
            return {}
        found = self.in_use().filter(name__in={name for _, _, name in wanted}).prefetch_related("destinations")
        by_key = {one.key: one for one in found}
        return {key: by_key[key] for key in wanted if key in by_key}


class AlertRule(models.Model):
    """A row of `jobs_alertrule`: when this happens to a target, schedule, queue, team or job, these are told."""

    class Kind(models.TextChoices):
        """Choices for what it is about."""

        TARGET = "target"
        SCHEDULE = "schedule"
        QUEUE = "queue"
        TEAM = "team"
        JOB = "job", "job (its id)"

    class When(models.TextChoices):
        """Choices for what has to happen."""

        FAILED = "failed", "a job of it failed for good"
        LATE = "late", "one started late, or waits too long"
        MISSED = "missed", "a time of its schedule has no run"
        INTERRUPTED = "interrupted", "one was interrupted"
        LONG = "long", "one runs too long"
        NOT_ENDED = "not_ended", "one has not ended by a time of day"

    kind = models.CharField("of the", max_length=10, choices=Kind.choices, default=Kind.TARGET)
    name = models.CharField(max_length=200, help_text="Of the target, schedule, queue or team; the id of a job.")
    when = models.CharField("tell when", max_length=12, choices=When.choices)
    seconds = models.IntegerField(
        "runs longer than s",
        null=True,
        blank=True,
        help_text="For what runs too long. Empty: three times the 95th percentile of its target, of the last 7 days.",
    )
    by_time = models.TimeField(
        "has not ended by", null=True, blank=True, help_text="For what has not ended by a time of day, each day."
    )
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        default="UTC",
        db_default="UTC",
        help_text="Of that time: UTC or a name like Europe/Berlin.",
    )
    level = models.CharField(max_length=4, choices=Level.choices, default=Level.WARN, db_default=Level.WARN.value)
    destinations = models.ManyToManyField(Destination, related_name="rules", help_text="Who is told.")
    enabled = models.BooleanField(default=True, db_default=True)

    objects = AlertRuleQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name", "when"]
        verbose_name = "rule of alerts"
        verbose_name_plural = "rules of alerts"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name", "when"],
                name="jobs_alertrule_once",
                violation_error_message="There is such a rule already: change whom that one tells.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["target", "schedule", "queue", "team", "job"]) & ~Q(name=""),
                name="jobs_alertrule_of_something",
            ),
            models.CheckConstraint(
                condition=Q(when__in=["failed", "late", "missed", "interrupted", "long", "not_ended"]),
                name="jobs_alertrule_when_known",
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="jobs_alertrule_level_known"),
            models.CheckConstraint(
                condition=Q(seconds__isnull=True) | Q(when="long", seconds__gte=1, seconds__lte=LONGEST_RUN),
                name="jobs_alertrule_seconds",
                violation_error_message=f"The seconds are 1 to {LONGEST_RUN:,}, for what runs too long.",
            ),
            models.CheckConstraint(
                condition=Q(by_time__isnull=False, when="not_ended") | Q(Q(by_time__isnull=True), ~Q(when="not_ended")),
                name="jobs_alertrule_by_time",
                violation_error_message="Say by which time it has to have ended, only for what has not ended.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}': {self.get_when_display()}"

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what names its alert: rule, kind and subject."""
        return f"{OWN}{self.when}", self.kind, self.name

    @property
    def job_id(self) -> int | None:
        """Return which job it is about; None where it is about something else, or SQL has written what is no id."""
        is_id = self.name.isascii() and self.name.isdigit() and len(self.name) < 19
        return int(self.name) if self.kind == self.Kind.JOB and is_id else None

    def clean(self) -> None:
        """Refuse a zone that there is not, and the id of a job that is none. Raises ValidationError."""
        problems: dict[str, Any] = {}
        if wrong := zones.new_problems(self.time_zone or "UTC"):
            problems["time_zone"] = wrong
        if self.kind == self.Kind.JOB and self.job_id is None:
            problems["name"] = "Give the id of the job, a whole number."
        if self.kind == self.Kind.JOB and self.when == self.When.MISSED:
            problems["when"] = "Only times of schedules are missed; choose the schedule."
        if problems:
            raise ValidationError(problems)

    def described(self) -> Described:
        names = sorted(self.destinations.values_list("name", flat=True))
        return {**described(self, columns(AlertRule, "id")), "destinations": names}
