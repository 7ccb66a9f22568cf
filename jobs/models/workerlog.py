"""The log of what the platform asked of the database, so that its cost can be read at any time."""

from django.db import models
from django.db.models.functions import Now


class WorkerLog(models.Model):
    """A question to the database: a list query, a query of one job's status, or a failed acquisition."""

    class Action(models.TextChoices):
        QUERYLIST = "QUERYLIST", "looked for due jobs"
        QUERYJOB = "QUERYJOB", "looked at one job"
        ACQUIRE_FAILURE = "ACQUIRE_FAILURE", "did not get a job"

    action = models.CharField(max_length=20, choices=Action.choices)
    job_id = models.BigIntegerField(null=True, blank=True)
    client = models.CharField(max_length=255, db_default="")
    results = models.IntegerField(db_default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        verbose_name = "database query"
        verbose_name_plural = "database queries"
        indexes = [models.Index(fields=["at", "action"], name="jobs_workerlog_at")]

    def __str__(self) -> str:
        return f"{self.client or 'a program'} {self.get_action_display()}"
