"""Teams: who belongs to them, what they own, and who may start which target."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.described import Described, columns, described

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
LABEL = "team"  # the key of the label by which a job, schedule or trigger says whose it is


class Team(models.Model):
    """A row of `jobs_team`. Where there is none, nobody's view is narrowed. Its name is what `team=NAME` in labels
    says."""

    name = models.CharField(max_length=100, unique=True, help_text="What the label team says, such as payroll.")
    description = models.CharField(max_length=500, blank=True, default="", help_text="For people.")
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="teams",
        help_text="They see and touch what the team owns, as far as their roles let them.",
    )

    class Meta:
        ordering = ["name"]
        permissions = [("all_teams", "Can see and touch what other teams own, and what nobody owns")]
        constraints = [models.CheckConstraint(condition=Q(name__regex=NAME_PATTERN), name="jobs_team_named")]

    def described(self) -> Described:
        """Return it with its members and what it owns."""
        members = sorted(self.members.values_list("pk", flat=True), key=str)
        owns = [f"{one.kind} {one.name}" for one in self.owns.all()]
        return {**described(self, ("name", "description")), "members": [str(one) for one in members], "owns": owns}

    def __str__(self) -> str:
        return self.name


class Ownership(models.Model):
    """A row of `jobs_ownership`: a team owns a queue, a key, a calendar, or may start a target. A target may be given
    to several teams, all else has one owner."""

    class Kind(models.TextChoices):
        """Kinds of what can be owned. Jobs, schedules and triggers say their team themselves, by a label."""

        QUEUE = "queue"
        KEY = "key"
        CALENDAR = "calendar"
        TARGET = "target"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="owns")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.QUEUE)
    name = models.CharField(max_length=200, help_text="Of the queue, key, calendar or target.")

    class Meta:
        ordering = ["kind", "name", "team__name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["queue", "key", "calendar", "target"]), name="jobs_ownership_kind_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="jobs_ownership_of_something"),
            models.UniqueConstraint(fields=["team", "kind", "name"], name="jobs_ownership_once"),
            models.UniqueConstraint(
                fields=["kind", "name"],
                condition=~Q(kind="target"),
                name="jobs_ownership_one_owner",
                violation_error_message="Another team owns this already; one thing has one owner, but for targets.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}' of {self.team}"


class TargetRule(models.Model):
    """A row of `jobs_targetrule`: what an administrator says of a target beyond its code. Whether it is given to some
    teams only says `jobs_ownership`."""

    target = models.CharField(max_length=200, unique=True, help_text="Such as http, or celery:app.tasks.send.")
    switched_off = models.BooleanField(
        default=False, help_text="No job of it is created, and none that there is starts: it is held for a person."
    )
    dangerous = models.BooleanField(
        default=False, help_text="Each of its jobs waits until a second person has approved it."
    )
    reason = models.CharField(max_length=500, blank=True, default="", help_text="For those who are refused.")

    class Meta:
        ordering = ["target"]
        constraints = [models.CheckConstraint(condition=~Q(target=""), name="jobs_targetrule_of_a_target")]

    def described(self) -> Described:
        return described(self, columns(TargetRule, "id"))

    def __str__(self) -> str:
        return self.target
