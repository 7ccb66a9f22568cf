"""Limits of how fast jobs may be created: what administrators allow, and what has been used of it."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from jobs.models.described import Described, columns, described

SLOWEST, FASTEST = 0.001, 10_000  # jobs a second: moments have microseconds, too few of them for faster rates
MOST_AT_ONCE = 1_000_000
RATE_HELP = "Jobs a second, on average. Empty: unlimited."
BURST_HELP = "Jobs at once, after a pause. Empty: as many as in one second, at least 1."


class Budget(models.Model):
    """A row of `jobs_budget` for each that is limited; jobs/creation_limits/bucket.py is the only writer."""

    subject = models.TextField(primary_key=True)
    moment = models.DateTimeField(help_text="When all that was created will have been earned.")

    def __str__(self) -> str:
        return self.subject


def _range(field: str, low: float, high: float) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": low, f"{field}__lte": high}),
        name=f"jobs_creationlimit_{field}_range",
        violation_error_message=f"{field.replace('_', ' ').capitalize()}: give {low:g} to {high:,}, or nothing.",
    )


class CreationLimit(models.Model):
    """A limit of what the members of a group may create, each for themselves. Of several groups the most generous
    counts."""

    group = models.ForeignKey(
        Group,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Its members, each for themselves. Empty: everyone with a session (page, admin, browser) who is in "
        "no group of this list.",
    )
    rate = models.FloatField(null=True, blank=True, help_text=RATE_HELP)
    burst = models.IntegerField(null=True, blank=True, help_text=BURST_HELP)
    bulk_rate = models.FloatField(
        null=True,
        blank=True,
        help_text="Jobs a second in bulk requests. Empty: as for single jobs, in a budget of its own.",
    )
    bulk_burst = models.IntegerField(null=True, blank=True, help_text=f"{BURST_HELP} No bulk request may be bigger.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                Coalesce("group", 0),
                name="jobs_creationlimit_one_each",
                violation_error_message="There is a limit for these already; change that one.",
            ),
            _range("rate", SLOWEST, FASTEST),
            _range("burst", 1, MOST_AT_ONCE),
            _range("bulk_rate", SLOWEST, FASTEST),
            _range("bulk_burst", 1, MOST_AT_ONCE),
            models.CheckConstraint(
                condition=(Q(burst=None) | Q(rate__isnull=False)) & (Q(bulk_burst=None) | Q(bulk_rate__isnull=False)),
                name="jobs_creationlimit_burst_has_rate",
                violation_error_message="A burst without a rate limits nothing: give the rate too, or neither.",
            ),
        ]

    def described(self) -> Described:
        return described(self, columns(CreationLimit, "id"))

    @property
    def whose(self) -> str:
        return self.group.name if self.group else "everyone with a session"

    def __str__(self) -> str:
        return f"creation limit of {self.whose}"
