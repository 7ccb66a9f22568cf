"""The only writer of `state`. Each change names the state it expects; losing a race is a normal answer.

`now` is always the database's clock, read once by the caller. docs/states.md has the diagram.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jobs import dispatcher, rules
from jobs.models import Attempt, Job, WorkerLog
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import Listed
from jobs.states import OUTCOMES, RETRYABLE, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

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


@dataclass(frozen=True)
class Answer:
    """What became of a request to change a job; `why` is a sentence for the person who asked."""

    done: bool
    why: str
    job: Job | None = None


class KeyReused(Exception):
    """An Idempotency-Key came back with another job: neither may be taken for the other."""


# --- creation ---


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
            created_by_id=getattr(by, "pk", None),
            # Due inside a window that is already listed: published at commit by us, so marked by us.
            enqueued_at=now if n.run_at < late else None,
            deliveries=1 if n.run_at < late else 0,
        )
        for n in new
    )
    dispatcher.publish_at_commit(
        [Listed(job.pk, 1, n.run_at, n.queue, 1) for job, n in zip(jobs, new, strict=True) if n.run_at < late]
    )
    return jobs


# --- start and end, by workers ---


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
            return _started(job, number)
    WorkerLog.objects.create(
        action=WorkerLog.Action.ACQUIRE_FAILURE, job_id=job_id, client=worker.name, results=0, at=now
    )
    return None


def acquired_by(token: uuid.UUID) -> Started | None:
    """The start that this token made, if its COMMIT took effect: for a worker that lost the answer to it."""
    attempt = Attempt.objects.open().select_related("job").filter(token=token).first()
    if attempt is None or attempt.job.state != State.RUNNING or attempt.job.attempt != attempt.number:
        return None
    return _started(attempt.job, attempt.number)


def _started(job: Job, number: int) -> Started:
    return Started(
        job_id=job.pk,
        attempt=number,
        target=job.target,
        payload=job.payload,
        run_at=job.run_at,
        name=job.name,
        queue=job.queue,
    )


def finish(started: Started, *, outcome: State, execute_at: datetime, finished_at: datetime, error: str = "") -> bool:
    """Record the end of an attempt. False when the row is no longer this attempt's: then its end is kept in the
    ledger as evidence, and changes nothing else."""
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome!r} is not an end of an attempt")
    error = error.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:REASON_LIMIT]
    with transaction.atomic():
        attempt = Attempt.objects.filter(job_id=started.job_id, number=started.attempt)
        held = Job.objects.held_by(started.job_id, started.attempt).update(
            state=outcome, execute_at=execute_at, finished_at=finished_at, reason=error
        )
        if held:
            attempt.update(started_at=execute_at, finished_at=finished_at, outcome=outcome, error=error)
        else:
            evidence = (
                f"Ended as {State(outcome).label} at {finished_at.isoformat()}, when it no longer held the job. {error}"
            )
            attempt.update(started_at=execute_at, error=evidence[:REASON_LIMIT])
        return bool(held)


def interrupt(sessions: Iterable[uuid.UUID], *, now: datetime, reason: str) -> int:
    """Settle what these vanished workers had started: INTERRUPTED, since its effects are unknown. Returns how many."""
    interrupted = 0
    with transaction.atomic():
        for attempt in Attempt.objects.open_of(sessions).order_by("job_id"):
            why = f"{reason} (worker {attempt.worker})"
            # The job before its attempt, as in `finish`: two orders would be a deadlock.
            interrupted += Job.objects.held_by(attempt.job_id, attempt.number).update(
                state=State.INTERRUPTED, finished_at=now, reason=why
            )
            Attempt.objects.open().filter(pk=attempt.pk).update(outcome=State.INTERRUPTED, finished_at=now, error=why)
    return interrupted


# --- verbs of people and programs ---


def cancel(job_id: int, *, now: datetime, reason: str) -> Answer:
    """Cancel a job that has not started."""
    won = (
        Job.objects.pending()
        .filter(pk=job_id)
        .update(state=State.CANCELLED, finished_at=now, reason=reason[:REASON_LIMIT], version=NEXT_VERSION)
    )
    return _answer(job_id, won, "cancelled", "Only a job that has not started can be cancelled")


def reschedule(job_id: int, *, run_at: datetime, now: datetime) -> Answer:
    """Move a job that has not started to another time.

    Raises ValidationError (field `run_at`) for a time that no job may have.
    """
    problems = rules.run_at_problems(run_at, now)
    if problems:
        raise ValidationError({"run_at": problems})
    won = _repend(job_id, expected=[State.PENDING], run_at=run_at, now=now)
    return _answer(job_id, won, "rescheduled", "Only a job that has not started can be rescheduled")


def run_now(job_id: int, *, now: datetime) -> Answer:
    """Start a pending job at once instead of at its time."""
    won = _repend(job_id, expected=[State.PENDING], run_at=now, now=now)
    return _answer(job_id, won, "told to start now", "Only a job that has not started can be run now")


def retry(job_id: int, *, now: datetime) -> Answer:
    """Give a job that failed, was interrupted, cancelled or skipped another start, now."""
    won = _repend(job_id, expected=RETRYABLE, run_at=now, now=now)
    return _answer(
        job_id,
        won,
        "told to start again",
        "Only a failed, interrupted, cancelled or skipped job can be retried",
    )


def _repend(job_id: int, *, expected: Iterable[State], run_at: datetime, now: datetime) -> bool:
    """Make the job PENDING for `run_at` under a new version: messages of the old one acquire nothing."""
    late = run_at < dispatcher.horizon(now)
    with transaction.atomic():
        job = Job.objects.in_state(expected).select_for_update().filter(pk=job_id).first()
        if job is None:
            return False
        Job.objects.filter(pk=job_id).update(
            state=State.PENDING,
            run_at=run_at,
            version=NEXT_VERSION,
            enqueued_at=now if late else None,
            deliveries=1 if late else 0,
            locked_at=None,
            execute_at=None,
            finished_at=None,
            reason="",
        )
        if late:
            dispatcher.publish_at_commit([Listed(job_id, job.version + 1, run_at, job.queue, 1)])
        return True


def _answer(job_id: int, won: int, done: str, refusal: str) -> Answer:
    job = Job.objects.for_people().filter(pk=job_id).first()
    if job is None:
        return Answer(done=False, why=f"There is no job {job_id}.")
    if won:
        return Answer(done=True, why=f"Job {job_id} was {done}.", job=job)
    state = State(job.state).label
    when = f" since {job.locked_at:%Y-%m-%d %H:%M:%S} UTC" if job.state == State.RUNNING else ""
    return Answer(done=False, why=f"{refusal}; job {job_id} is {state}{when}.", job=job)
