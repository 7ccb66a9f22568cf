"""What people and programs ask of a job, and the true answer to each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from jobs import dispatcher, rules
from jobs.models import Job
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import Listed
from jobs.states import RETRYABLE, State
from jobs.transitions.attempts import REASON_LIMIT


@dataclass(frozen=True)
class Answer:
    """What became of a request to change a job; `why` is a sentence for the person who asked."""

    done: bool
    why: str
    job: Job | None = None


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
            dispatcher.late_lane.at_commit([Listed(job_id, job.version + 1, run_at, job.queue, 1)])
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
