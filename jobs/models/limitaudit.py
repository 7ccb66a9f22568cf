"""Who has paused, resumed or limited a queue or a key, and why: one row for each, in the same transaction."""

from django.db import models
from django.db.models import Q

from jobs.models.audit import Asking
from jobs.models.limit import Kind


class LimitVerb(models.TextChoices):
    """What can be asked of a limit."""

    PAUSE = "pause"
    RESUME = "resume"
    LIMIT = "limit"
    LIFT = "lift"


class LimitAudit(Asking):
    """A row of `jobs_limitaudit`. It stays when the limit is lifted."""

    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = models.CharField(max_length=200)
    verb = models.CharField(max_length=10, choices=LimitVerb.choices)
    values = models.JSONField(default=dict, help_text="The limits that were set.")

    class Meta(Asking.Meta):
        verbose_name_plural = "audit of limits"
        indexes = [models.Index(fields=["kind", "name", "id"], name="jobs_limitaudit_of_limit")]
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=LimitVerb.values), name="jobs_limitaudit_verb_known"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} of the {self.kind} '{self.name}'"
