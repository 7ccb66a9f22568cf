"""The audit: who asked for what, and why, and what it was before and after. It has one row for each change that took
effect, in the same transaction."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.described import Described
from jobs.models.job import Job
from jobs.models.payload import PayloadDecoder, PayloadEncoder
from jobs.states import State


class Subject(models.TextChoices):
    """A kind of thing of which something can be asked."""

    JOB = "job"
    QUEUE = "queue"
    KEY = "key"
    TRIGGER = "trigger"
    CALENDAR = "calendar"
    WORKER = "worker"
    CREATION_LIMIT = "creation_limit"
    SCHEDULE = "schedule"
    INSTALLATION = "installation"


class Verb(models.TextChoices):
    """A request that can be made of a job that exists."""

    CANCEL = "cancel"
    RUN_NOW = "run_now"
    RESCHEDULE = "reschedule"
    RETRY = "retry"
    CONFIRM_DONE = "confirm_done"
    CONFIRM_FAILED = "confirm_failed"
    APPROVE = "approve"


class Change(models.TextChoices):
    """A request that can be made of what is no job: of limits, triggers, calendars, workers. The last two are made of
    jobs that are over, and change no state."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    PAUSE = "pause"
    RESUME = "resume"
    LIMIT = "limit"
    LIFT = "lift"
    DRAIN = "drain"
    KEEP = "keep"
    LET_GO = "let_go"


class AuditQuerySet(models.QuerySet["Audit"]):
    def note(
        self,
        subject: Subject,
        name: str,
        *,
        by: object,
        now: datetime,
        before: Described,
        after: Described,
        verb: Change | None = None,
        reason: str = "",
    ) -> None:
        """Write down a change of what is no job. `by` is the user, None for a program. Without a `verb` the values
        before and after say which, and nothing is written where nothing has changed."""
        if verb is None:
            if before == after:
                return
            verb = Change.CREATE if before is None else Change.DELETE if after is None else Change.CHANGE
        self.create(
            subject=subject,
            name=name,
            verb=verb,
            by_id=getattr(by, "pk", None),
            reason=reason,
            at=now,
            before=before,
            after=after,
        )


class Audit(models.Model):
    """A row of `jobs_audit`. It stays when its subject is deleted: the database does not tie the two together. A job
    has its id, all else a name; a limit that of its queue or key."""

    subject = models.CharField(max_length=20, choices=Subject.choices, default=Subject.JOB, db_default=Subject.JOB)
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit"
    )
    name = models.CharField(max_length=255, blank=True, default="", db_default="")
    verb = models.CharField(max_length=20, choices=[*Verb.choices, *Change.choices])
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
    from_state = models.SmallIntegerField(null=True, blank=True, choices=State.choices)
    to_state = models.SmallIntegerField(null=True, blank=True, choices=State.choices)
    before = models.JSONField(
        null=True, blank=True, encoder=PayloadEncoder, decoder=PayloadDecoder, help_text="Empty: it was not there."
    )
    after = models.JSONField(
        null=True, blank=True, encoder=PayloadEncoder, decoder=PayloadDecoder, help_text="Empty: it is gone."
    )

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "audit"
        indexes = [
            models.Index(
                fields=["subject", "name", "id"], condition=~Q(subject=Subject.JOB), name="jobs_audit_of_subject"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=[*Verb.values, *Change.values]), name="jobs_audit_verb_known"),
            models.CheckConstraint(
                condition=Q(from_state__in=State.values, to_state__in=State.values), name="jobs_audit_states_known"
            ),
            models.CheckConstraint(
                condition=Q(subject=Subject.JOB, job__isnull=False, from_state__isnull=False, to_state__isnull=False)
                | Q(~Q(subject=Subject.JOB), job__isnull=True),
                name="jobs_audit_of_something",
            ),
            # Nobody settles effects that are unknown without saying why.
            models.CheckConstraint(
                condition=~Q(from_state=State.INTERRUPTED) | ~Q(reason=""), name="jobs_audit_says_why"
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.verb} of job {self.job_id}" if self.job_id else f"{self.verb} of the {self.subject} '{self.name}'"
        )
