"""Rules of people: of what and when whom to tell, beside what the platform says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Cast

from jobs.calendars import zones
from jobs.models.alert import OWN, Level
from jobs.models.described import Described, columns, described
from jobs.models.destination import Destination
from jobs.models.querysets.within import is_unscoped
from jobs.models.team import Team

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

LONGEST_RUN = 31_536_000  # seconds: a year
THERE_IS_ONE = "There is such a rule already: change whom that one tells."


class AlertRuleQuerySet(models.QuerySet["AlertRule"]):
    def in_use(self) -> AlertRuleQuerySet:
        """Select those that are on, of people whose account is."""
        return self.filter(Q(owner__isnull=True) | Q(owner__is_active=True), enabled=True).order_by("id")

    def with_whose(self) -> AlertRuleQuerySet:
        """Select with whose they are."""
        return self.select_related("team", "owner")

    def of_alerts(self, ids: Iterable[int]) -> dict[int, AlertRule]:
        """Return the rules of these alerts by their ids, with whose they are, and their destinations with the teams to
        which they are open. Three statements, none where no alert is of such a rule."""
        wanted = {one for one in ids if one}
        if not wanted:
            return {}
        found = self.in_use().with_whose().filter(pk__in=wanted)
        return {one.pk: one for one in found.prefetch_related("destinations__teams")}

    def within(self, reach: Reach) -> AlertRuleQuerySet:
        """Select what somebody sees: his own rules and those of his teams; who reaches everything sees all. By a token
        for some queues or targets only what is about those."""
        if reach.is_whole and not reach.own_only:
            return self
        of_teams = Q(pk__in=[]) if reach.own_only else Q(team__name__in=sorted(reach.teams))
        theirs = self.filter(of_teams | Q(owner=reach.user_id, owner__isnull=False))
        return theirs if is_unscoped(reach) else theirs._in_scope(reach)

    def _in_scope(self, reach: Reach) -> AlertRuleQuerySet:
        """Select those about nothing beyond a token's scope, as it may have them made: a queue, target, or what of
        schedules and jobs it sees."""
        from jobs.models.job import Job  # noqa: PLC0415 - it asks by way of this room
        from jobs.models.schedule import Schedule  # noqa: PLC0415 - as above

        of_scope = Q(pk__in=[])
        if reach.only_targets is None:
            of_scope |= Q(kind="queue", name__in=sorted(reach.only_queues or ()))
        if reach.only_queues is None:
            of_scope |= Q(kind="target", name__in=sorted(reach.only_targets or ()))
        schedules = Schedule.objects.within(reach).order_by().filter(name=OuterRef("name"))
        jobs = Job.objects.within(reach).order_by().filter(pk=OuterRef("about_job"))
        is_id = {"kind": "job", "name__regex": r"^[0-9]{1,18}$"}
        about_job = Case(When(**is_id, then=Cast("name", models.BigIntegerField())))
        of_seen = Q(Exists(schedules), kind="schedule") | Q(Exists(jobs), kind="job")
        return self.alias(about_job=about_job).filter(of_scope | of_seen)

    def for_people(self) -> AlertRuleQuerySet:
        """Select with what a list says of each."""
        return self.with_whose().prefetch_related("destinations")


class AlertRule(models.Model):
    """A row of `jobs_alertrule`: when this happens to a target, schedule, queue, team or job, these are told. It is a
    team's, and then of this team's jobs only; or a person's; or, of neither, the administrators', whom nothing binds.
    """

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
        RECOVERED = "recovered", "one completed after a failure"
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
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Whose rule it is: it tells of this team's jobs only.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Whose rule it is, where it is no team's.",
    )

    only_nobodys = False  # said by who judges it: its owner may have it of what is nobody's

    objects = AlertRuleQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name", "when"]
        verbose_name = "rule of alerts"
        verbose_name_plural = "rules of alerts"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name", "when"],
                condition=Q(team__isnull=True, owner__isnull=True),
                name="jobs_alertrule_once",
                violation_error_message=THERE_IS_ONE,
            ),
            models.UniqueConstraint(
                fields=["team", "kind", "name", "when"],
                condition=Q(team__isnull=False),
                name="jobs_alertrule_once_a_team",
                violation_error_message=THERE_IS_ONE,
            ),
            models.UniqueConstraint(
                fields=["owner", "kind", "name", "when"],
                condition=Q(owner__isnull=False),
                name="jobs_alertrule_once_a_person",
                violation_error_message=THERE_IS_ONE,
            ),
            models.CheckConstraint(
                condition=Q(team__isnull=True) | Q(owner__isnull=True), name="jobs_alertrule_of_one"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["target", "schedule", "queue", "team", "job"]) & ~Q(name=""),
                name="jobs_alertrule_of_something",
            ),
            models.CheckConstraint(
                condition=Q(when__in=["failed", "recovered", "late", "missed", "interrupted", "long", "not_ended"]),
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
    def key(self) -> tuple[str, str, str, int]:
        """Return what names its alert: rule, kind, subject, and which rule of people it is."""
        return f"{OWN}{self.when}", self.kind, self.name, self.pk

    @property
    def only_team(self) -> str | None:
        """Return of which team's jobs it may tell: of its own's; of nobody's (empty) where its owner has no more; None:
        of all."""
        return self.team.name if self.team is not None else "" if self.only_nobodys else None

    @property
    def whose(self) -> str:
        """Return whose rule it is, in words."""
        if self.team is not None:
            return f"team {self.team.name}"
        return "the administrators" if self.owner is None else self.owner.get_username()

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
        shown = described(self, columns(AlertRule, "id", "team_id", "owner_id"))
        return {**shown, "destinations": names, "whose": self.whose}
