"""Alerts: what was wrong from when until when, and what is said to nobody for a while."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from jobs.models.described import Described, columns, described

if TYPE_CHECKING:
    from jobs.rights.reach import Reach


OF_TEAMS = ("queue", "schedule", "target", "team", "job")  # kinds of subjects that are somebody's
OWN = "own_"  # the names of rules of people begin so


class Level(models.TextChoices):
    """Choices for how bad it is."""

    WARN = "warn", "something is wrong"
    BAD = "bad", "jobs do not start, or start late"


class AlertEvent(models.TextChoices):
    """Choices for what is said of an alert."""

    OPENED = "opened", "it has opened"
    RESOLVED = "resolved", "it is resolved"
    TEST = "test", "a test"


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> AlertQuerySet:
        """Select those that are not resolved, the worst first, then the newest."""
        return self.filter(resolved_at__isnull=True).order_by("level", "-opened_at")

    def newest(self) -> AlertQuerySet:
        """Select all, those that are not resolved first, then those that were resolved last."""
        return self.order_by(F("resolved_at").desc(nulls_first=True), "-id")

    def of(self, kind: str, subject: str) -> AlertQuerySet:
        """Select those of this queue, or of what else it is."""
        return self.filter(kind=kind, subject=subject)

    def open_at(self, moment: datetime) -> AlertQuerySet:
        """Select those that were open then, of those that are there now; one that came back counts from its first
        time."""
        return self.filter(Q(resolved_at__isnull=True) | Q(resolved_at__gt=moment), opened_at__lte=moment)

    def resolved(self) -> AlertQuerySet:
        """Select those that are over, the latest first."""
        return self.filter(resolved_at__isnull=False).order_by("-resolved_at", "-id")

    def resolved_since(self, moment: datetime) -> AlertQuerySet:
        """Select those that were resolved after this moment."""
        return self.resolved().filter(resolved_at__gt=moment)

    def over_before(self, moment: datetime) -> AlertQuerySet:
        """Select those that were resolved before this moment."""
        return self.filter(resolved_at__lt=moment)

    def locked(self, alert_id: int) -> Alert | None:
        """Lock and return the alert until the transaction ends; None if there is none."""
        return self.select_for_update(of=("self",), no_key=True).filter(pk=alert_id).first()

    def for_people(self) -> AlertQuerySet:
        """Select the alerts with whoever has acknowledged them."""
        return self.select_related("acknowledged_by")

    def within(self, reach: Reach) -> AlertQuerySet:
        """Select those that are about nobody's, about queues and targets that the user's teams own, about his teams,
        and about schedules that he sees; of rules of people those of his own and of his teams."""
        if reach.is_whole:
            return self
        from jobs.models.schedule import Schedule  # noqa: PLC0415 - it asks by way of this room

        queues = set(reach.only_queues) if reach.only_queues is not None else None
        if not reach.everything:
            queues = set(reach.queues) if queues is None else queues & reach.queues
        shared = Q(pk__in=[]) if reach.own_only else ~Q(kind__in=OF_TEAMS)
        of_queues = Q(kind="queue") if queues is None else Q(kind="queue", subject__in=sorted(queues))
        of_teams = Q(pk__in=[])
        if reach.only_queues is None and reach.only_targets is None and not reach.own_only:
            of_targets = Q(kind="target") if reach.everything else Q(kind="target", subject__in=reach.names("target"))
            of_teams = Q(kind="team") if reach.everything else Q(kind="team", subject__in=sorted(reach.teams))
            shared |= of_targets
        seen = Schedule.objects.within(reach).order_by().filter(name=OuterRef("subject"))
        # Those of a rule of people name a job, which may be another team's although the queue is ours.
        of_all = (shared | of_queues) & ~Q(rule__startswith=OWN)
        from jobs.models.alert_rule import AlertRule  # noqa: PLC0415 - as above

        own = Q(Exists(AlertRule.objects.within(reach).order_by().filter(pk=OuterRef("own_rule"))))
        return self.filter(own | of_all | of_teams | (Q(kind="schedule") & Exists(seen)))


class Alert(models.Model):
    """A row of `jobs_alert`. Written by jobs/alerts/keeping.py; acknowledged by people."""

    rule = models.CharField(max_length=30)
    subject = models.CharField(max_length=255, blank=True, default="", db_default="", help_text="Empty: all of it.")
    kind = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="What the subject is, such as a queue."
    )
    level = models.CharField(max_length=4, choices=Level.choices)
    sentence = models.TextField()
    remedy = models.TextField(blank=True, default="", db_default="")
    link = models.CharField(max_length=500, blank=True, default="", db_default="", help_text="The path of a page.")
    # Not tied: what a rule has told that is gone since is told its end.
    own_rule = models.BigIntegerField(
        default=0, db_default=0, help_text="The rule of people that has opened it; 0: one of the platform's."
    )

    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True, help_text="It had been resolved, and came back.")
    times = models.IntegerField(default=1, db_default=1, help_text="How often it opened.")
    announced = models.CharField(
        max_length=8,
        choices=AlertEvent.choices,
        blank=True,
        default="",
        db_default="",
        help_text="What was said of it last; empty: nothing.",
    )

    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("acknowledge_alert", "Can acknowledge and silence alerts")]
        indexes = [models.Index(fields=["-resolved_at"], name="jobs_alert_resolved")]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "kind", "subject", "own_rule"],
                condition=Q(resolved_at__isnull=True),
                name="jobs_alert_open_of_a_rule",
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="jobs_alert_level_known"),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("opened_at")), name="jobs_alert_range"
            ),
            models.CheckConstraint(condition=Q(times__gte=1), name="jobs_alert_times"),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk} ({self.fingerprint})"

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Return of what there is one open alert."""
        return self.rule, self.kind, self.subject, self.own_rule

    @property
    def is_own(self) -> bool:
        """Return whether a rule of people has opened it, which names whom it tells."""
        return self.rule.startswith(OWN)

    @property
    def fingerprint(self) -> str:
        """Return what names it: its rule, and what it is about."""
        return f"{self.rule}:{self.subject}" if self.subject else self.rule

    def described(self) -> Described:
        """Return what a person may change of it."""
        return described(self, ("acknowledged_at", "acknowledged_by_id"))


class SilenceQuerySet(models.QuerySet["Silence"]):
    def in_force(self, now: datetime) -> SilenceQuerySet:
        """Select those that have not ended."""
        return self.filter(until__gt=now).order_by("until", "id")

    def ended_before(self, moment: datetime) -> SilenceQuerySet:
        return self.filter(until__lt=moment)


class Silence(models.Model):
    """A row of `jobs_silence`: what fits its pattern is said to nobody until then."""

    pattern = models.CharField(
        max_length=300, help_text="Of a rule and its subject: no_leader, no_worker:mail, late:*, or * for all."
    )
    reason = models.CharField(max_length=1000)
    until = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = SilenceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["until"], name="jobs_silence_until")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="jobs_silence_says_why"),
            models.CheckConstraint(condition=~Q(pattern=""), name="jobs_silence_says_what"),
            models.CheckConstraint(condition=Q(until__gte=F("created_at")), name="jobs_silence_range"),
        ]

    def __str__(self) -> str:
        return f"silence of {self.pattern}"

    def fits(self, fingerprint: str) -> bool:
        return fits(self.pattern, fingerprint)

    def described(self) -> Described:
        return described(self, columns(Silence, "id", "created_at", "created_by_id"))


def fits(pattern: str, fingerprint: str) -> bool:
    """Return whether a pattern, in which * stands for anything, fits a fingerprint."""
    return fnmatchcase(fingerprint, pattern)
