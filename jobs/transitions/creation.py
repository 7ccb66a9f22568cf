"""The way in: rows that have passed the rules, each accepted when its transaction commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from jobs import dispatcher, rules
from jobs.models import Job
from jobs.models.querysets import Listed

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class KeyReused(Exception):
    """An Idempotency-Key came back with another job: neither may be taken for the other."""


def create(new: rules.NewJob, *, now: datetime, by: AbstractBaseUser | None = None) -> tuple[Job, bool]:
    """Create a job and return it with True, or the earlier one of the same Idempotency-Key with False.

    Raises KeyReused when that earlier job does something else.
    """
    try:
        with transaction.atomic():
            return _insert([new], now=now, by=by)[0], True
    except IntegrityError:
        earlier = Job.objects.filter(created_by_id=getattr(by, "pk", None), idempotency_key=new.idempotency_key).first()
        if new.idempotency_key is None or earlier is None:
            raise
        if (earlier.target, earlier.payload) != (new.target, new.payload):
            raise KeyReused from None
        return earlier, False


def create_many(new: Sequence[rules.NewJob], *, now: datetime, by: AbstractBaseUser | None = None) -> list[Job]:
    """Create all of them, or none."""
    with transaction.atomic():
        return _insert(new, now=now, by=by)


def _insert(new: Sequence[rules.NewJob], *, now: datetime, by: AbstractBaseUser | None) -> list[Job]:
    late = dispatcher.horizon(now)
    jobs = Job.objects.bulk_create(
        Job(
            name=n.name,
            target=n.target,
            payload=n.payload,
            queue=n.queue,
            run_at=n.run_at,
            idempotency_key=n.idempotency_key,
            rerunnable=n.rerunnable,
            max_attempts=n.max_attempts,
            created_by_id=getattr(by, "pk", None),
            # Due inside a window that is already listed: published at commit by us, so marked by us.
            enqueued_at=now if n.run_at < late else None,
            deliveries=1 if n.run_at < late else 0,
        )
        for n in new
    )
    dispatcher.late_lane.at_commit(
        [Listed(job.pk, 1, n.run_at, n.queue, 1) for job, n in zip(jobs, new, strict=True) if n.run_at < late]
    )
    return jobs
