"""Who asked for what, and why: one row for each verb that took effect, in the same transaction."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.job import Job
from jobs.states import State


class Verb(models.TextChoices):
    """What can be asked of a job that exists."""

    CANCEL = "cancel"
    RUN_NOW = "run_now"
    RESCHEDULE = "reschedule"
    RETRY = "retry"
    CONFIRM_DONE = "confirm_done"
    CONFIRM_FAILED = "confirm_failed"
    APPROVE = "approve"


class Asking(models.Model):
    """What each audit keeps: by whom something was asked, why, and when."""

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: a program, or somebody whose account was deleted.",
    )
    reason = models.TextField(blank=True, db_default="")
    at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering = ["id"]


class Audit(Asking):
    """A row of `jobs_audit`. It stays when its job is deleted: the database does not tie the two together."""

    job = models.ForeignKey(Job, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit")
    verb = models.CharField(max_length=20, choices=Verb.choices)
    from_state = models.SmallIntegerField(choices=State.choices)
    to_state = models.SmallIntegerField(choices=State.choices)

    class Meta(Asking.Meta):
        verbose_name_plural = "audit"
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=Verb.values), name="jobs_audit_verb_known"),
            models.CheckConstraint(
                condition=Q(from_state__in=State.values, to_state__in=State.values), name="jobs_audit_states_known"
            ),
            # Nobody settles effects that are unknown without saying why.
            models.CheckConstraint(
                condition=~Q(from_state=State.INTERRUPTED) | ~Q(reason=""), name="jobs_audit_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} of job {self.job_id}"
