"""A job that is defined once and started whenever somebody asks."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.constraints import MOST_ATTEMPTS, MOST_OF_A_KEY, labels_are_texts
from jobs.models.described import Described, columns, described, key
from jobs.models.job import DEFAULT_QUEUE, Job
from jobs.models.payload import PayloadDecoder, PayloadEncoder
from jobs.models.querysets.within import RowsWithin
from jobs.states import Overlap

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"


class TriggerQuerySet(RowsWithin, models.QuerySet["Trigger"]):
    """Questions about triggers."""


class Trigger(models.Model):
    """A row of `jobs_trigger`: what `POST /api/v1/triggers/{name}/` starts. All of its runs have one key, so that two
    who ask at the same time need not get two runs. What it has in common with a job is described in
    jobs/rules/new_job.py."""

    name = models.CharField(
        max_length=100, unique=True, help_text="Programs start it by this: POST /api/v1/triggers/NAME/"
    )
    target = models.CharField(max_length=200)
    payload = models.JSONField(
        decoder=PayloadDecoder,
        encoder=PayloadEncoder,
        default=dict,
        blank=True,
    )
    queue = models.CharField(max_length=100, default=DEFAULT_QUEUE)
    key = models.CharField(
        max_length=200, blank=True, default="", help_text="Empty: its own. The same key as other jobs: not beside them."
    )
    key_limit = models.SmallIntegerField(default=1)
    overlap = models.CharField(
        max_length=10,
        choices=Overlap.choices,
        default=Overlap.JOIN,
        help_text="What a call gets while as many run as may.",
    )
    rerunnable = models.BooleanField(default=False)
    max_attempts = models.SmallIntegerField(default=1)
    retry_on = models.JSONField(default=list, blank=True)
    deadline = models.IntegerField(null=True, blank=True)
    start_within = models.IntegerField(null=True, blank=True)
    labels = models.JSONField(default=dict, db_default={}, blank=True, help_text="On every job that it starts.")
    caller_arguments = models.JSONField(
        default=list,
        blank=True,
        help_text='Which arguments those who start it may give, such as ["json"]. Empty: none.',
    )
    enabled = models.BooleanField(default=True, help_text="Whether anybody may start it now.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TriggerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("fire_trigger", "Can start the jobs of triggers")]
        constraints = [
            models.CheckConstraint(condition=Q(name__regex=NAME_PATTERN), name="jobs_trigger_named"),
            models.CheckConstraint(condition=Q(overlap__in=Overlap.values), name="jobs_trigger_overlap_known"),
            models.CheckConstraint(
                condition=Q(key_limit__gte=1, key_limit__lte=MOST_OF_A_KEY), name="jobs_trigger_key_limit_bounded"
            ),
            models.CheckConstraint(
                condition=Q(max_attempts__gte=1, max_attempts__lte=MOST_ATTEMPTS), name="jobs_trigger_attempts_bounded"
            ),
            models.CheckConstraint(
                condition=(Q(deadline__isnull=True) | Q(deadline__gte=1))
                & (Q(start_within__isnull=True) | Q(start_within__gte=1)),
                name="jobs_trigger_times_positive",
            ),
            labels_are_texts("jobs_trigger_labels_are_texts"),
        ]

    def described(self) -> Described:
        """Return it as the audit keeps it, with whose definition it is: who approves a job of it asks that."""
        shown = described(self, columns(Trigger, "created_at", "created_by_id"))
        return {**shown, "defined_by": key(self.created_by_id)}

    def __str__(self) -> str:
        return self.name

    @property
    def shared_key(self) -> str:
        """The key of the trigger's runs."""
        return self.key or f"trigger:{self.name}"

    def run_in_place(self, until: datetime) -> int | None:
        """Return the id of the run that stands for a call: the first of its key that runs, or is due until then. None
        where its key lets one more run."""
        there = Job.objects.on_their_way(self.shared_key, until, self.key_limit)
        return there[0] if len(there) >= self.key_limit else None
