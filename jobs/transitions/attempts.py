"""Starts and ends, by workers: one attempt holds a running job, and only that one may end it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from jobs import failpoints, rules
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import OUTCOMES, State

REASON_LIMIT = 10_000  # characters kept of an error


@dataclass(frozen=True)
class WorkerIdentity:
    """Who starts a job: the name of the worker, and which of its lives."""

    name: str
    session: uuid.UUID


@dataclass(frozen=True)
class Started:
    """A job that is ours to run: the row as it was read under its lock, handed down and never read again."""

    job_id: int
    attempt: int
    target: str
    payload: object
    run_at: datetime
    name: str
    queue: str
    # What the database's clock read under the row lock; None when it was read again later.
    read_at: datetime | None = field(compare=False)


def acquire(
    job_id: int,
    version: int,
    *,
    worker: WorkerIdentity,
    token: uuid.UUID,
    now: datetime,
    due_before: datetime,
) -> Started | None:
    """Take the row for this worker: RUNNING and its ledger row, committed before any code of the job runs.

    Returns None when there is nothing to start: another has it, it was edited, cancelled, or moved beyond
    `due_before`, or it cannot be started at all and is FAILED now, with the reason.
    """
    try:
        return _acquire(job_id, version, worker=worker, token=token, now=now, due_before=due_before)
    except IntegrityError as error:
        # The ledger already has this start: somebody has set the count of attempts back.
        why = storable(f"The ledger refuses this start: {error}")[:REASON_LIMIT]
        Job.objects.pending().filter(pk=job_id, version=version).update(state=State.FAILED, finished_at=now, reason=why)
        return None


def _acquire(
    job_id: int,
    version: int,
    *,
    worker: WorkerIdentity,
    token: uuid.UUID,
    now: datetime,
    due_before: datetime,
) -> Started | None:
    with transaction.atomic():
        job = Job.objects.acquirable(job_id, version, due_before=due_before).first()
        if job is not None:
            broken = rules.why_not_startable(job.target, job.payload)
            if broken:
                Job.objects.filter(pk=job.pk).update(state=State.FAILED, finished_at=now, reason=broken[:REASON_LIMIT])
                return None
            number = job.attempt + 1
            Job.objects.filter(pk=job.pk).update(state=State.RUNNING, locked_at=now, attempt=number)
            Attempt.objects.create(
                job=job,
                number=number,
                worker=worker.name,
                session=worker.session,
                token=token,
                run_at=job.run_at,
                locked_at=now,
            )
            failpoints.hit("in-acquire")
            return _started(job, number, job.read_at)
    WorkerLog.objects.create(
        action=WorkerLog.Action.ACQUIRE_FAILURE, job_id=job_id, client=worker.name, results=0, at=now
    )
    return None


def acquired_by(job_id: int, token: uuid.UUID) -> Started | None:
    """The start that this token made, if its COMMIT took effect: for a worker that lost the answer to it.

    Raises OperationalError while anybody has the row's lock: it may be the lost transaction itself, about to commit.
    So None is final, and another try is safe.
    """
    with transaction.atomic():
        Job.objects.unlocked(job_id).first()
        attempt = Attempt.objects.open_by(token).first()
    if attempt is None or attempt.job.state != State.RUNNING or attempt.job.attempt != attempt.number:
        return None
    return _started(attempt.job, attempt.number, None)


def _started(job: Job, number: int, read_at: datetime | None) -> Started:
    return Started(
        job_id=job.pk,
        attempt=number,
        target=job.target,
        payload=job.payload,
        run_at=job.run_at,
        name=job.name,
        queue=job.queue,
        read_at=read_at,
    )


def storable(text: str) -> str:
    """Text that PostgreSQL can hold: an undecodable file's name has half surrogates, and a body may say NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")


def finish(
    started: Started, *, outcome: State, execute_at: datetime | None, finished_at: datetime, error: str = ""
) -> bool:
    """Record the end of an attempt. False when the row is no longer this attempt's: then its end is kept in the
    ledger as evidence, and changes nothing else."""
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome!r} is not an end of an attempt")
    error = storable(error)[:REASON_LIMIT]
    with transaction.atomic():
        attempt = Attempt.objects.filter(job_id=started.job_id, number=started.attempt)
        ours = Job.objects.held_by(started.job_id, started.attempt).briefly()
        held = ours.update(state=outcome, execute_at=execute_at, finished_at=finished_at, reason=error)
        if not held and attempt.filter(outcome=outcome, finished_at=finished_at).exists():
            return True  # we are here again: the answer to our first COMMIT was lost
        if held:
            attempt.update(started_at=execute_at, finished_at=finished_at, outcome=outcome, error=error)
        else:
            evidence = (
                f"Ended as {State(outcome).label} at {finished_at.isoformat()}, when it no longer held the job. {error}"
            )
            attempt.update(started_at=execute_at, error=evidence[:REASON_LIMIT])
        failpoints.hit("in-finish")
        return bool(held)
