"""Queries of benchmark and drill that the product does not need."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, QuerySet

from jobs.models import Attempt, Job, WorkerLog
from jobs.models.querysets import JobQuerySet


def jobs_of(run: str, first_id: int, word: str = "benchmark") -> JobQuerySet:
    """The jobs of one run, by the name it gives them; none of them is older than `first_id`."""
    found: JobQuerySet = Job.objects.filter(id__gte=first_id, name__startswith=f"{word} {run} ")
    return found


def starts_of(job_ids: Iterable[int]) -> dict[int, int]:
    """Return how often each of these jobs was started; those never started are left out."""
    found = Attempt.objects.filter(job_id__in=list(job_ids)).order_by().values_list("job_id")
    return dict(found.annotate(starts=Count("id")))


def list_queries(since: datetime, until: datetime) -> QuerySet[WorkerLog]:
    """The list queries that ran in [since, until)."""
    return WorkerLog.objects.filter(action=WorkerLog.Action.QUERYLIST, at__gte=since, at__lt=until)


def logged(action: str, job_ids: Iterable[int]) -> int:
    """Return how often it was done about these jobs: single-job queries, or failed acquisitions."""
    return WorkerLog.objects.filter(action=action, job_id__in=list(job_ids)).count()
