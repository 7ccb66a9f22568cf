"""Who has paused, resumed or limited a queue or a key, and why: one row for each, in the same transaction."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.lane import Kind


class LimitVerb(models.TextChoices):
    """What can be asked of a limit."""

    PAUSE = "pause"
    RESUME = "resume"
    LIMIT = "limit"
    LIFT = "lift"


class LimitAudit(models.Model):
    """A row of `jobs_limitaudit`. It stays when the limit is lifted."""

    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = models.CharField(max_length=200)
    verb = models.CharField(max_length=10, choices=LimitVerb.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: a program, or somebody whose account was deleted.",
    )
    reason = models.TextField(blank=True, db_default="")
    values = models.JSONField(default=dict, help_text="The limits that were set.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "audit of limits"
        indexes = [models.Index(fields=["kind", "name", "id"], name="jobs_limitaudit_of_limit")]
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=LimitVerb.values), name="jobs_limitaudit_verb_known"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} of the {self.kind} '{self.name}'"
