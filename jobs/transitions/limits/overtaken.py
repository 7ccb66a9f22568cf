"""Ends starts that a pause has overtaken: the row was taken before the pause, and its body has not been entered."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from jobs import sentences
from jobs.database import transaction
from jobs.events import emit
from jobs.events.attempts import AttemptInterrupted
from jobs.models import Attempt, Job
from jobs.states import Cause, State
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.limits import promotion
from jobs.transitions.requeue import requeue
from jobs.transitions.schedules import succession
from jobs.transitions.starts import Ended, Started

NOT_ENTERED = sentences.NOT_ENTERED(more="")


def is_over(started: Started, *, now: datetime) -> bool:
    """Return whether this start is over before its body was entered: its queue or key was paused, or it was settled
    without us. Then the job waits as if it had not been taken, or is cancelled where it had been asked to stop; the
    ledger keeps the start. Asked again after a lost answer it says the same."""
    paused = Job.objects.is_paused(started.job_id, started.attempt)
    if not paused:
        return paused is None
    with transaction.atomic():
        job = Job.objects.running_by(started.job_id, started.attempt).select_for_update(no_key=True).first()
        if job is None:
            return True
        open_one = Attempt.objects.open().filter(job_id=job.pk, number=job.attempt)
        if open_one.update(outcome=State.INTERRUPTED, finished_at=now, error=NOT_ENTERED):
            end = Ended(started, State.INTERRUPTED, None, now, NOT_ENTERED)
            event = AttemptInterrupted(
                job.pk, job.attempt, job.target, None, None, NOT_ENTERED, queue=job.queue, end=end
            )
            transaction.on_commit(partial(emit, event), robust=True)
        requeue(job, run_at=job.run_at, now=now, reason=NOT_ENTERED, over_calendar=job.calendar_waived)
        if job.cancel_requested_at is not None:
            why = sentences.NOT_ENTERED(more=", and it had been asked to stop")
            Job.objects.pending().filter(pk=job.pk).update(state=State.CANCELLED, finished_at=now, reason=why)
            dependencies.ended([job.pk], now=now)
            succession.missed([job], Cause.PERSON, why, now=now)
        promotion.leave([job.pk], now=now)
    return True
