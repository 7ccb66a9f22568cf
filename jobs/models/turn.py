"""The places of limits that jobs have: one small row each, that ends with the run, or expires."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from jobs.models.limit import Kind
from jobs.models.querysets.turns import TurnQuerySet


class Turn(models.Model):
    """A row of `jobs_turn`: one place of one limit that one job has. It runs (`expires_at` empty); or its turn has come
    and it has not started yet; or a rate has given it a `moment`, and no place yet. Whoever ends or moves the job
    deletes the row in the same transaction. What has not started expires by itself: then the place is free again."""

    # The database's own foreign key, ON DELETE CASCADE: see 0020.
    job_id = models.BigIntegerField()
    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = models.CharField(max_length=200)
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    moment = models.DateTimeField(null=True, blank=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["kind", "name"], name="jobs_turn_of_limit"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="jobs_turn_expiring"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["job_id", "kind"], name="jobs_turn_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="jobs_turn_kind_known"),
            models.CheckConstraint(
                condition=Q(moment__isnull=True) | Q(expires_at__isnull=False), name="jobs_turn_moment_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.job_id} in the {self.kind} '{self.name}'"
