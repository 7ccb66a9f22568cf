"""The ledger: one row per start, written and committed before any code of the job runs."""

from django.db import models
from django.db.models import Q

from jobs.models.job import Job
from jobs.models.querysets.attempts import AttemptQuerySet
from jobs.states import OUTCOMES, State


class Attempt(models.Model):
    """A start of a job. Unique (job, number), so that the database itself refuses a second one."""

    # Triggers refuse a start without its job, and a job that goes before its starts: see 0049. The constraint would
    # look at the job of each start once more.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts", db_constraint=False, db_index=False)
    number = models.PositiveIntegerField()
    worker = models.CharField(max_length=255)
    # The life of that worker: a restarted worker has the same name but another session.
    session = models.UUIDField()
    # Proves whose start this is when the answer to a COMMIT was lost.
    token = models.UUIDField()
    run_at = models.DateTimeField(help_text="When this start was due.")
    locked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.SmallIntegerField(
        null=True, blank=True, choices=[(int(s), s.label) for s in State if s in OUTCOMES]
    )
    error = models.TextField(blank=True, db_default="")
    result = models.JSONField(null=True, blank=True, help_text="What the target returned; a long one is cut short.")
    log = models.JSONField(null=True, blank=True, help_text="What the target said while it ran.")
    progress = models.FloatField(null=True, blank=True, help_text="Of its work, 0 to 1, as it says itself.")
    progress_note = models.TextField(null=True, blank=True)  # null: it has said nothing
    # Null for what has not failed, and for starts of before 0072. The index has no column that a good end changes.
    failure = models.TextField(null=True, blank=True, help_text="By what and where it failed: its fingerprint.")

    objects = AttemptQuerySet.as_manager()

    class Meta:
        # No index has a column that changes with a good end of a start, which so stays on its page: see ADR 45.
        ordering = ["job_id", "number"]
        indexes = [models.Index(fields=["id"], condition=Q(failure__isnull=False), name="jobs_attempt_failed")]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="jobs_attempt_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="jobs_attempt_number_positive"),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True, finished_at__isnull=True)
                # Spelled out, since NULL IN (...) is NULL, and a CHECK takes NULL for true.
                | Q(outcome__isnull=False, outcome__in=sorted(OUTCOMES), finished_at__isnull=False),
                name="jobs_attempt_outcome_dated",
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="jobs_attempt_progress_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of job {self.job_id}"
