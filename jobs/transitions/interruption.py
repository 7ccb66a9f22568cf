"""Settles started jobs whose worker has vanished: held for a person, or started again where that may be."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial

from jobs import fingerprints
from jobs.database import transaction
from jobs.events import emit
from jobs.events.attempts import AttemptInterrupted
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.transitions.limits import promotion
from jobs.transitions.requeue import requeue
from jobs.transitions.starts import Ended, Started

FIRST_BACK_OFF = timedelta(seconds=5)
LONGEST_BACK_OFF = timedelta(minutes=10)


def back_off(attempt: int) -> timedelta:
    """Return how long after the interruption of this start the next one is due: 5 s, 10 s, 20 s ... 10 min."""
    return min(FIRST_BACK_OFF * (1 << min(attempt - 1, 10)), LONGEST_BACK_OFF)


def interrupt(
    sessions: Iterable[uuid.UUID],
    *,
    now: datetime,
    reason: str,
    job_id: int | None = None,
    wait: bool = True,
    among: Collection[int] | None = None,
) -> int:
    """Settle what these vanished workers had started, and return how many jobs lost their start. With `job_id` that job
    only: its pool child has died, its worker lives. Without `wait` a job whose row somebody has locked is left for the
    next time. `among`: only these attempts, by id.

    1. Read the open attempts of these sessions.
    2. Lock their jobs, before the attempts, as `finish` does: two orders would be a deadlock.
    3. For each job that is still RUNNING in this very attempt: PENDING again after a back-off where it is rerunnable,
       has starts left and was not asked to stop; else INTERRUPTED, since its effects are unknown.
    4. Close the attempt in the ledger as INTERRUPTED, if it is still open.
    5. Delete the places that these jobs had in limits: after the commit they are the next ones'.
    """
    lost: list[int] = []
    failure = fingerprints.of_words(reason)
    with transaction.atomic():
        attempts = list(Attempt.objects.open_of(sessions, job_id, among))
        # The job before its attempt, as in `finish`: two orders would be a deadlock.
        jobs = {job.pk: job for job in Job.objects.locked([one.job_id for one in attempts], wait=wait)}
        for attempt in attempts:
            job = jobs.get(attempt.job_id)
            if job is None:
                continue
            why = f"{reason} (worker {attempt.worker})"
            if job.state == State.RUNNING and job.attempt == attempt.number:
                _end_lost(job, now=now, why=why)
                lost.append(job.pk)
            open_one = Attempt.objects.open().filter(pk=attempt.pk)
            if open_one.update(outcome=State.INTERRUPTED, finished_at=now, error=why, failure=failure):
                end = Ended(Started.of(job, attempt.number, attempt.locked_at), State.INTERRUPTED, None, now, why)
                event = AttemptInterrupted(
                    job.pk, attempt.number, job.target, None, None, why, queue=job.queue, end=end
                )
                transaction.on_commit(partial(emit, event), robust=True)
        promotion.leave(lost, now=now)
    return len(lost)


def _end_lost(job: Job, *, now: datetime, why: str) -> None:
    wanted = job.cancel_requested_at is None
    if job.rerunnable and job.attempt < job.max_attempts and wanted:
        due = now + back_off(job.attempt)
        again = f"It is rerunnable: start {job.attempt + 1} of {job.max_attempts} is due {due:%Y-%m-%d %H:%M:%S} UTC."
        requeue(job, run_at=due, now=now, reason=f"{why}. {again}")
    else:
        why = why if wanted else f"{why}. It had been asked to stop"
        Job.objects.filter(pk=job.pk).update(state=State.INTERRUPTED, finished_at=now, reason=why)
