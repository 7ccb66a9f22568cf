"""Times in which the broker, the database or a leader was away: written down when they are back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

KEPT_FOR = timedelta(days=30)  # then a row goes with the next one that is written
ONE = timedelta(minutes=1)  # what is away again so soon was away all the time: so there are few rows


class OutageQuerySet(models.QuerySet["Outage"]):
    def note(self, of: str, *, since: datetime, until: datetime, who: str) -> None:
        """Write down that this was away, as `who` has seen it. Three statements."""
        self.filter(until__lt=until - KEPT_FOR).delete()
        last = self.filter(of=of, until__gte=since - ONE).order_by("-until", "-id").first()
        if last is None:
            self.create(of=of, since=since, until=max(since, until), who=who)
        else:
            values = {"since": min(since, last.since), "until": max(until, last.until), "who": who}
            self.filter(pk=last.pk).update(**values)

    def touching(self, after: datetime, until: datetime) -> OutageQuerySet:
        """Select those that went on at any time between the two moments, the last that ended first."""
        return self.filter(until__gt=after, since__lt=until).order_by("-until", "-id")


class Outage(models.Model):
    """A row of `jobs_outage`. Nothing is decided by it: it says why jobs were late."""

    class Of(models.TextChoices):
        """Choices for what was away."""

        BROKER = "broker", "the broker"
        DATABASE = "database", "the database"
        LEADER = "leader", "a beat that leads"

    of = models.CharField(max_length=10, choices=Of.choices)
    since = models.DateTimeField(help_text="When it was seen first, or of a leader: when the one before listed last.")
    until = models.DateTimeField(help_text="When it was back.")
    who = models.CharField(max_length=255, help_text="The process that has seen it.")

    objects = OutageQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["-until", "-id"]
        indexes = [models.Index(fields=["until"], name="jobs_outage_until")]
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="jobs_outage_range"),
            models.CheckConstraint(condition=Q(of__in=["broker", "database", "leader"]), name="jobs_outage_of_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_of_display()} was away from {self.since:%Y-%m-%d %H:%M:%S} until {self.until:%H:%M:%S} UTC"
