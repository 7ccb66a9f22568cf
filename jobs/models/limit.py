"""Limits, which the jobs of one queue, or of one key, share."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.described import Described, described
from jobs.models.querysets.within import NamedWithin

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

MOST_RUNNING = 100_000
SLOWEST, FASTEST = 0.001, 1_000_000.0  # starts a second


class Kind(models.TextChoices):
    QUEUE = "queue"
    KEY = "key"


class LimitQuerySet(NamedWithin, models.QuerySet["Limit"]):
    def paused(self) -> LimitQuerySet:
        return self.filter(paused_at__isnull=False)

    def with_rules(self) -> LimitQuerySet:
        """Select the limits that limit anything: one that was paused and resumed does not."""
        return self.filter(Q(concurrency__isnull=False) | Q(rate__isnull=False) | Q(paused_at__isnull=False))

    def of_queues(self, most: int, *, within: Reach) -> LimitQuerySet:
        """Select the first `most` limits of queues that limit anything, of those within this reach."""
        seen: LimitQuerySet = self.with_rules().filter(kind=Kind.QUEUE).within(within)
        return seen.select_related("paused_by").order_by("name")[:most]

    def lock_free(self, ids: Collection[int]) -> set[int]:
        """Lock the limits of these that nobody else has, and return their ids. Never waits."""
        free = self.filter(pk__in=list(ids)).order_by("pk").select_for_update(skip_locked=True, no_key=True)
        return set(free.values_list("pk", flat=True))


class Limit(models.Model):
    """The rules of one queue or key, if it has any: how many of it may run at a time, how fast they may start, whether
    any may start at all. Read when one of its jobs is about to be taken."""

    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.QUEUE)
    name = models.CharField(max_length=200, help_text="Of the queue, or the key.")
    concurrency = models.IntegerField(
        null=True, blank=True, help_text="How many of it may run at a time. Empty: as many as there are slots."
    )
    rate = models.FloatField(null=True, blank=True, help_text="How many may start a second. Empty: any.")
    burst = models.IntegerField(default=1, db_default=1, help_text="How many may start at once before the rate counts.")
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    pause_reason = models.CharField(max_length=1000, blank=True, db_default="", editable=False)
    # The virtual scheduling form of the leaky bucket (ITU-T I.371): when the next start would be due at a steady rate.
    next_start_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = LimitQuerySet.as_manager()

    class Meta:
        # A name from before; SQL of users and of the release before asks it.
        db_table = "jobs_lane"
        ordering = ["kind", "name"]
        verbose_name = "limit of a queue or key"
        verbose_name_plural = "limits of queues and keys"
        permissions = [("pause_limit", "Can pause and resume queues and keys")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="jobs_lane_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="jobs_lane_kind_known"),
            models.CheckConstraint(
                condition=Q(concurrency__gte=1, concurrency__lte=MOST_RUNNING), name="jobs_lane_concurrency_bounded"
            ),
            models.CheckConstraint(condition=Q(rate__gte=SLOWEST, rate__lte=FASTEST), name="jobs_lane_rate_bounded"),
            models.CheckConstraint(condition=Q(burst__gte=1, burst__lte=MOST_RUNNING), name="jobs_lane_burst_bounded"),
        ]

    def described(self) -> Described:
        return described(self, ("concurrency", "rate", "burst", "paused_at", "pause_reason"))

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"
