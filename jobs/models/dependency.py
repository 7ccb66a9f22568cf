"""Pairs of jobs of which one waits for the other."""

from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.db.models import F, Q

from jobs.models.job import Job
from jobs.states import Hold, State

DEPENDENTS_SHOWN = 100


class Other(NamedTuple):
    """A job that another waits for, or that waits for it."""

    id: int
    state: int

    @property
    def state_name(self) -> str:
        return State(self.state).label


class Dependency(models.Model):
    """A row of `jobs_dependency`: `job` starts after the end of `waits_for`. It stays when the wait is over; whether
    the job still waits stands in its `holds`. A job waits for older ones only, so there are no circles."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="dependencies", db_index=False)
    waits_for = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="dependents", db_index=False)

    class Meta:
        ordering = ["job_id", "waits_for_id"]
        verbose_name_plural = "dependencies"
        indexes = [models.Index(fields=["waits_for", "job"], name="jobs_dependency_waits_for")]
        constraints = [
            models.UniqueConstraint(fields=["job", "waits_for"], name="jobs_dependency_once"),
            models.CheckConstraint(condition=Q(waits_for__lt=F("job")), name="jobs_dependency_on_older"),
        ]

    def __str__(self) -> str:
        return f"job {self.job_id} waits for job {self.waits_for_id}"


def awaited_by(job: Job) -> list[Other]:
    """Return the jobs that this one waits for, or has waited for. A job that waits for nothing costs no question."""
    if job.waits_for_end is None and not job.held_by & Hold.DEPENDENCIES:
        return []
    others = Dependency.objects.filter(job=job).order_by("waits_for_id")
    return [Other(*row) for row in others.values_list("waits_for_id", "waits_for__state")]


def dependents_of(job: Job) -> list[Other]:
    """Return the first of the jobs that wait for this one, or have waited."""
    if not job.has_dependents:
        return []
    others = Dependency.objects.filter(waits_for=job).order_by("job_id")[:DEPENDENTS_SHOWN]
    return [Other(*row) for row in others.values_list("job_id", "job__state")]
