"""Creates jobs: rows that have passed the rules, each accepted when its transaction commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from jobs import exactjson, publishing, rules
from jobs.models import Batch, Job
from jobs.models.querysets import Listed
from jobs.rules.asked import digest
from jobs.rules.rights import overlap_problems
from jobs.transitions.dependencies import block

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class KeyReused(Exception):
    """An Idempotency-Key came back with another request: neither may be taken for the other."""


def create(new: rules.NewJob, *, now: datetime, by: AbstractBaseUser | None = None) -> tuple[Job, bool]:
    """Create a job and return it with True, or the earlier one of the same Idempotency-Key with False.

    Raises KeyReused when something else was asked for then, PermissionDenied where it would stop others' jobs and its
    creator may not, and ValidationError (field `waits_for`) when there is no such job as it shall wait for. Its `holds`
    are those of before its wait was looked at.
    """
    jobs, created = create_all([new], now=now, by=by)
    return jobs[0], created


def create_all(new: Sequence[rules.NewJob], *, now: datetime, by: AbstractBaseUser | None) -> tuple[list[Job], bool]:
    """Create all of these jobs and return them with True, or the earlier ones of the same Idempotency-Keys with False.

    Raises KeyReused when one of those is missing, or something else was asked for then.
    """
    try:
        return create_many(new, now=now, by=by), True
    except IntegrityError:
        found = earlier(new, by=by)
        if not found:
            raise
        return found, False


def earlier(new: Sequence[rules.NewJob], *, by: AbstractBaseUser | None) -> list[Job]:
    """Return the jobs that this user has created with the Idempotency-Keys of these; an empty list where none of them
    is known, or one has no key. Raises KeyReused where they are not what is asked for now, in any field."""
    keys = [n.idempotency_key for n in new if n.idempotency_key is not None]
    found = Job.objects.filter(created_by_id=getattr(by, "pk", None), idempotency_key__in=keys)
    known = {job.idempotency_key: job for job in found}
    if len(keys) < len(new) or not known:
        return []
    asked = digest(new)
    for n in new:
        job = known.get(n.idempotency_key)
        if job is None or not _is_same(job, n, asked):
            raise KeyReused
    return [known[n.idempotency_key] for n in new]


def _is_same(job: Job, new: rules.NewJob, asked: str) -> bool:
    if job.idempotency_digest is not None:
        return job.idempotency_digest == asked
    return exactjson.same([job.target, job.payload], [new.target, new.payload])  # of before the digests


def create_many(new: Sequence[rules.NewJob], *, now: datetime, by: AbstractBaseUser | None = None) -> list[Job]:
    """Create all of these jobs, or none."""
    waited_for = {other for n in new for other in n.waits_for}
    if waited_for:
        block.prepare(waited_for, by=by, now=now)
    with transaction.atomic():
        if waited_for:
            block.keep(waited_for)
        jobs = insert(new, now=now, by=by)
        if waited_for:
            block.tie(waits_of(jobs, new), now=now)
        return jobs


def waits_of(jobs: Sequence[Job], new: Sequence[rules.NewJob]) -> dict[int, Sequence[int]]:
    """Return the ids that these jobs wait for, as they were asked for, by job; jobs that wait for none are left out."""
    return {job.pk: n.waits_for for job, n in zip(jobs, new, strict=True) if n.waits_for}


def insert(
    new: Sequence[rules.NewJob],
    *,
    now: datetime,
    by: AbstractBaseUser | None,
    batch: Batch | None = None,
    has_dependents: bool = False,
) -> list[Job]:
    """Write the rows, in a transaction of the caller's, who then ties those that wait to what they wait for. With
    `has_dependents` others of the same transaction wait for all of them."""
    for n in new:
        for problem in overlap_problems(n.overlap, by):
            raise PermissionDenied(problem)
    late = publishing.horizon(now)
    asked = digest(new) if any(n.idempotency_key for n in new) else None
    at_once = [n.run_at < late and not n.holds for n in new]
    jobs = Job.objects.bulk_create(
        Job(
            **n.columns(),
            idempotency_digest=asked if n.idempotency_key else None,
            created_by_id=getattr(by, "pk", None),
            # Due inside a window that is already listed: published at commit by us, so marked by us.
            enqueued_at=now if once else None,
            deliveries=1 if once else 0,
            holds=n.holds,
            batch=batch,
            has_dependents=has_dependents,
        )
        for n, once in zip(new, at_once, strict=True)
    )
    # Its version is the database's default, which bulk_create does not read.
    publish_new([Listed.first(job, version=1) for job in jobs if not job.holds], late)
    return jobs


def publish_new(listed: Sequence[Listed], late: datetime) -> None:
    """Publish new jobs that are due before `late`, and were marked so, once the transaction has committed; look again
    at those soon after it."""
    publishing.late_publisher.at_commit([job for job in listed if job.run_at < late])
    publishing.late_publisher.overtaken_at_commit(
        [job for job in listed if late <= job.run_at < late + publishing.SOON]
    )
