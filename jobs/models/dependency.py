"""Pairs of jobs of which one waits for the other."""

from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.db.models import F, Q

from jobs.models.batch import Batch
from jobs.models.history import outcomes
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


def others(ids: list[int]) -> list[Other]:
    """Return these jobs, wherever they are; those that have been removed are left out."""
    states = dict(Job.objects.filter(pk__in=ids).order_by().values_list("pk", "state")) if ids else {}
    states |= {pk: one.state for pk, one in outcomes(set(ids) - set(states)).items()}
    return [Other(pk, states[pk]) for pk in ids if pk in states]


def waited_for_by(ids: list[int]) -> dict[int, list[int]]:
    """Return the ids of the jobs that these wait for, or have waited for, by job. None of them is of the history."""
    found: dict[int, list[int]] = {}
    if ids:
        pairs = Dependency.objects.filter(job_id__in=ids).order_by("job_id", "waits_for_id")
        for job_id, other in pairs.values_list("job_id", "waits_for_id"):
            found.setdefault(job_id, []).append(other)
    return found


def awaited_by(job: Job) -> list[Other]:
    """Return the jobs that this one waits for, or has waited for. A job that waits for nothing costs no question."""
    if job.in_history:
        return others(job.left_waits_for)
    if job.waits_for_end is None and not job.held_by & Hold.DEPENDENCIES:
        return []
    pairs = Dependency.objects.filter(job=job).order_by("waits_for_id")
    return [Other(*row) for row in pairs.values_list("waits_for_id", "waits_for__state")]


def dependents_of(job: Job) -> list[Other]:
    """Return the first of the jobs that wait for this one, or have waited."""
    if job.in_history:
        return others(job.left_dependents[:DEPENDENTS_SHOWN])
    if not job.has_dependents:
        return []
    pairs = Dependency.objects.filter(waits_for=job).order_by("job_id")[:DEPENDENTS_SHOWN]
    return [Other(*row) for row in pairs.values_list("job_id", "job__state")]


def last_of(batch: Batch) -> Other | None:
    """Return the job that waits for all of a batch, wherever it is; None where there is none."""
    if batch.callback_id is None:
        return None
    there = batch._state.fields_cache.get("callback")  # empty for one that has left the table
    return next(iter(others([batch.callback_id])), None) if there is None else Other(there.pk, there.state)
