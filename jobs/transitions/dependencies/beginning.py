"""A new job is tied to those that it waits for, under their locks: each has ended already, or its end will find it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from jobs import dispatcher
from jobs.models import Dependency, Job
from jobs.models.querysets import Listed
from jobs.states import OVER, State
from jobs.transitions.dependencies.ending import settle

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

VIEW = "jobs.view_job"


def problems(ids: Collection[int], by: AbstractBaseUser | None) -> list[str]:
    """Why this user cannot let a job wait for these; nothing where he can."""
    if not ids:
        return []
    # Whether there is a job of this id is for those to know who may see jobs.
    if by is not None and not by.has_perm(VIEW):  # type: ignore[attr-defined]
        return [f"To wait for other jobs you need the permission '{VIEW}'; an administrator can give it in the admin."]
    missing = sorted(set(ids) - set(Job.objects.filter(pk__in=ids).order_by().values_list("pk", flat=True)))
    return [_missing(missing)] if missing else []


def hold(ids: Collection[int], *, by: AbstractBaseUser | None, now: datetime, own: Collection[int] = ()) -> None:
    """Lock these for the rest of the transaction, and note that others wait for them. `own` are those that this
    transaction has made itself. Raises ValidationError (field `waits_for`)."""
    wrong = problems(set(ids).difference(own), by)
    if wrong:
        raise ValidationError({"waits_for": wrong})
    found = Job.objects.to_be_waited_for(ids)
    if len(found) < len(set(ids)):
        raise ValidationError({"waits_for": [_missing(sorted(set(ids) - {job.pk for job in found}))]})
    # One that has ended may come back by a retry, but for the completed.
    unmarked = [job.pk for job in found if not job.has_dependents and job.state != State.COMPLETED]
    Job.objects.filter(pk__in=unmarked).update(has_dependents=True)
    foreign = [job for job in found if job.state == State.PENDING and not job.holds and job.pk not in set(own)]
    _publish_again(foreign, now)


def tie(waits: Mapping[int, Sequence[int]], *, now: datetime) -> None:
    """Write down what these new jobs wait for, and let go of those whose wait is over already."""
    Dependency.objects.bulk_create(
        [Dependency(job_id=job, waits_for_id=other) for job, others in waits.items() for other in others],
        batch_size=10_000,
    )
    others = {other for group in waits.values() for other in group}
    over = set(Job.objects.filter(pk__in=others).in_state(OVER).order_by().values_list("pk", flat=True))
    if over:
        settle([job for job, group in waits.items() if not over.isdisjoint(group)], now=now)


def _publish_again(pending: Sequence[Job], now: datetime) -> None:
    """While we had their rows, a list query has passed them by, and so has a worker whose time for them had come."""
    listed = {job.pk: Listed(job.pk, job.version, job.due, job.queue, 1) for job in pending}
    unpublished = [listed[job.pk] for job in pending if job.enqueued_at is None]
    published = [listed[job.pk] for job in pending if job.enqueued_at is not None]
    dispatcher.late_lane.overtaken_at_commit([one for one in unpublished if one.run_at < now + dispatcher.SOON])
    dispatcher.late_lane.missed_at_commit(published)


def _missing(ids: Sequence[int]) -> str:
    named = ", ".join(str(pk) for pk in ids[:5]) + (" and others" if len(ids) > 5 else "")
    return f"There is no job {named}; a job waits for jobs that exist already: create those first."
