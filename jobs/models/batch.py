"""A named set of jobs, and the one that starts when all of them have ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from jobs.database import connection
from jobs.models.querysets.within import and_in_reach, history_has, is_narrow, is_unscoped
from jobs.states import State

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - named by `jobs`
    from jobs.rights.reach import Reach

MOST_OF_A_BATCH = 1000  # jobs

COUNTS = """
SELECT state, count(*) FROM jobs_job WHERE batch_id = %(batch)s{within} GROUP BY state
UNION ALL SELECT state, count(*) FROM jobs_history WHERE batch_id = %(batch)s{within} GROUP BY state
"""


class BatchQuerySet(models.QuerySet["Batch"]):
    """Questions about batches."""

    def within(self, reach: Reach) -> Self:
        """Select those that a user has made, or of whose jobs he sees one."""
        if not is_narrow(reach):
            return self
        from jobs.models.job import Job  # noqa: PLC0415 - it knows the batch

        of_it = Job.objects.within(reach).order_by().filter(batch_id=OuterRef("pk"))
        own = Q(created_by_id=reach.user_id) if is_unscoped(reach) else Q(pk__in=[])
        return self.filter(own | Exists(of_it) | history_has(reach, "batch_id = jobs_batch.id"))


class Batch(models.Model):
    """A row of `jobs_batch`. It is made whole, in one transaction: nothing is added to it later."""

    name = models.CharField(max_length=200, blank=True, db_default="", help_text="For people; need not be unique.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    # No constraint: the job goes to the history one day, and keeps its id.
    callback = models.ForeignKey(
        "jobs.Job",
        db_constraint=False,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The job that waits for the end of all of them.",
    )
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, editable=False)
    # Of what was asked for with that key: jobs/rules/asked.py. Null without one, and in rows of before 0020.
    idempotency_digest = models.CharField(max_length=64, null=True, blank=True, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="jobs_batch_idempotency_key_once",
            )
        ]

    def __str__(self) -> str:
        return f"batch {self.pk} ({self.name})" if self.name else f"batch {self.pk}"

    def counts(self, reach: Reach) -> dict[State, int]:
        """Return how many of the batch's jobs that are within this reach are in each state, those in none left out;
        with those of the history."""
        found: Counter[State] = Counter()
        within, values = and_in_reach(reach)
        with connection.cursor() as cursor:
            cursor.execute(COUNTS.format(within=within), {"batch": self.pk, **values})
            for state, count in cursor.fetchall():
                found[State(state)] += count
        return dict(found)
