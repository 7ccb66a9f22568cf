"""Does what people and programs ask of a job, and gives the true answer. What took effect is audited with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import F, Value
from django.db.models.functions import Greatest

from jobs import rules
from jobs.models import Attempt, Job, Occurrence, Turn, Verb
from jobs.models.job import NEXT_VERSION
from jobs.nodes.waking import wake_at_commit
from jobs.rules.may import has_cancelled
from jobs.states import Hold, State
from jobs.transitions import editing
from jobs.transitions.changing import IN_LINE, Answer, Asked, check_reason, do, found
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.limits import promotion
from jobs.transitions.requeue import keep_place, requeue

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def cancel(
    job_id: int,
    *,
    now: datetime,
    reason: str,
    by: AbstractBaseUser | None = None,
    unsaid: str = "",
    operation: int | None = None,
    seen: Collection[int] | None = None,
) -> Answer:
    """Cancel a job that has not started; ask one that runs to stop. `unsaid` is what a cancelled job says where no
    reason was given; `seen` as for `edit`."""

    def change(job: Job) -> None:
        if job.state == State.RUNNING:
            Job.objects.filter(pk=job.pk).update(cancel_requested_at=now)
            worker = Attempt.objects.filter(job_id=job.pk, number=job.attempt).values_list("worker", flat=True).first()
            if worker is not None:
                wake_at_commit(worker)
            return
        Job.objects.filter(pk=job.pk).update(
            state=State.CANCELLED, finished_at=now, reason=reason or unsaid, version=NEXT_VERSION, holds=0
        )

    asked = Asked(Verb.CANCEL, now, by, reason, operation, seen)
    return do(job_id, asked, change, "cancelled", "Only a job that has not ended can be cancelled")


def reschedule(
    job_id: int,
    *,
    run_at: datetime,
    now: datetime,
    reason: str = "",
    by: AbstractBaseUser | None = None,
    operation: int | None = None,
    seen: Collection[int] | None = None,
) -> Answer:
    """Move a job that has not started to another time; `seen` as for `edit`.

    Raises ValidationError (field `run_at`) for a time that no job may have.
    """
    problems = rules.run_at_problems(run_at, now, needed=True)
    if problems:
        raise ValidationError({"run_at": problems})
    run_at = rules.not_before(run_at, now)
    asked = Asked(Verb.RESCHEDULE, now, by, reason, operation, seen)
    refusal = "Only a job that has not started can be rescheduled"
    return do(job_id, asked, lambda job: requeue(job, run_at=run_at, now=now, by_person=True), "rescheduled", refusal)


def edit(
    job_id: int,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    reason: str = "",
    by: AbstractBaseUser | None = None,
    operation: int | None = None,
    seen: Collection[int] | None = None,
) -> Answer:
    """Change what a job that has not started is: `changes` has new values of what is EDITABLE, as a new job is asked
    for. `seen`: which versions of the job whoever asks has seen; one that is another by now stays as it is.

    Raises ValidationError for what no new job may be.
    """

    def change(job: Job) -> None:
        editing.write(job, changes, now=now, by=by)

    asked = Asked(Verb.EDIT, now, by, reason, operation, seen)
    try:
        return do(job_id, asked, change, "edited", "Only a job that has not started can be edited")
    except editing.Unchanged:
        why = f"Job {job_id} is as it was."
        return Answer(done=True, why=why, job=Job.objects.for_people().filter(pk=job_id).first())


def run_now(
    job_id: int,
    *,
    now: datetime,
    reason: str = "",
    by: AbstractBaseUser | None = None,
    operation: int | None = None,
    seen: Collection[int] | None = None,
) -> Answer:
    """Start a pending job at once instead of at its time, whatever its calendar says. A job that waits for its turn, or
    whose turn has come, keeps its place: it is not made later by this. `seen` as for `edit`."""

    def change(job: Job) -> None:
        waits = bool(job.held_by & IN_LINE) or Turn.objects.filter(job_id=job.pk).exists()
        too_late = job.start_within is not None and (now - job.run_at).total_seconds() > job.start_within
        if waits and not too_late and job.run_at <= now:
            keep_place(job, now=now)
        else:
            promotion.leave([job.pk], now=now)
            _at_once(job, now)

    asked = Asked(Verb.RUN_NOW, now, by, reason, operation, seen)
    refusal = "Only a job that has not started can be run now"
    return do(job_id, asked, change, "told to start now", refusal)


def retry(
    job_id: int,
    *,
    now: datetime,
    reason: str = "",
    by: AbstractBaseUser | None = None,
    operation: int | None = None,
    seen: Collection[int] | None = None,
) -> Answer:
    """Give a job that failed, was interrupted, cancelled or skipped another start: now, whatever its calendar says, or
    at its time where that is still to come. `seen` as for `edit`.

    Raises ValidationError (field `reason`) when none is given for an interrupted job: its effects are unknown.
    """
    asked = Asked(Verb.RETRY, now, by, reason, operation, seen)
    refusal = "Only a failed, interrupted, cancelled or skipped job can be retried"
    return do(job_id, asked, lambda job: _again(job, now), "told to start again", refusal)


class _TooLate(Exception):
    """Refusal of what would be taken back too late: nothing was done."""


class _NotHis(Exception):
    """Refusal to take back what somebody else has done: nothing was done."""


def undo(
    job_id: int,
    *,
    now: datetime,
    reason: str = "",
    by: AbstractBaseUser | None = None,
    own_only: bool = False,
    operation: int | None = None,
) -> Answer:
    """Take the cancellation of a job back before its time: it starts then, as if it had not been cancelled. After it
    nothing is done, while `retry` would start it at once. `own_only`: not what somebody else has cancelled."""

    def change(job: Job) -> None:
        if own_only and not has_cancelled(job, by):
            raise _NotHis
        if job.state != State.CANCELLED or job.run_at <= now:
            raise _TooLate
        asked_anew = rules.NewJob(target=job.target, payload=job.payload, run_at=job.run_at).holds & Hold.APPROVAL
        waits = job.waits_for_end is not None
        job.holds = asked_anew | (Hold.DEPENDENCIES if waits else 0)  # the cancellation has taken its own away
        _again(job, now)
        if waits:
            dependencies.unblock_or_skip([job.pk], now=now)

    asked = Asked(Verb.RETRY, now, by, reason, operation)
    try:
        return do(job_id, asked, change, "not cancelled after all", "Only a cancelled job can be taken back")
    except _TooLate:
        why = f"It is too late to take this back: job {job_id} would start now. Retry it if it is to."
        return Answer(done=False, why=why, job=found(job_id))
    except _NotHis:
        why = f"Somebody else has cancelled job {job_id}: ask an operator to retry it."
        return Answer(done=False, why=why, job=found(job_id))


def _at_once(job: Job, now: datetime) -> None:
    requeue(job, run_at=now, now=now, over_calendar=True, by_person=True)


def _again(job: Job, now: datetime) -> None:
    """Requeue the job; where it was cancelled or skipped before its time, at that time and with its calendar, as if it
    had not been."""
    keeps_time = job.state in (State.CANCELLED, State.SKIPPED) and job.run_at > now
    at = job.run_at if keeps_time else now
    requeue(job, run_at=at, now=now, over_calendar=not keeps_time, by_person=True)
    if job.schedule_id is not None:
        Occurrence.objects.started([job.pk])


def confirm_done(
    job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None, operation: int | None = None
) -> Answer:
    """Settle an interrupted job by a person's word: it has done its work.

    Raises ValidationError (field `reason`) without one.
    """
    asked = Asked(Verb.CONFIRM_DONE, now, by, reason, operation)
    return _confirm(job_id, asked, "done")


def confirm_failed(
    job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None, operation: int | None = None
) -> Answer:
    """Settle an interrupted job by a person's word: it has not done its work.

    Raises ValidationError (field `reason`) without one.
    """
    asked = Asked(Verb.CONFIRM_FAILED, now, by, reason, operation)
    return _confirm(job_id, asked, "failed")


def _confirm(job_id: int, asked: Asked, word: str) -> Answer:
    """Settle an interrupted job. `finished_at` stays the moment of the interruption: a person's decision is no end that
    the figures of this hour should hold. The decision's own moment stands in the audit."""
    check_reason(asked.reason, needed=True)
    who = asked.by.get_username() if asked.by else "a program"

    def change(job: Job) -> None:
        values = {"state": asked.control.becomes, "reason": f"Confirmed as {word} by {who}: {asked.reason}"}
        # The start that a worker which came back late has left in the ledger, if it did.
        seen = Attempt.objects.filter(job_id=job.pk, number=job.attempt).values_list("started_at", flat=True).first()
        # No body is entered before its time or before its row is locked: without evidence that is all we know.
        earliest = Greatest("run_at", "locked_at") if asked.verb == Verb.CONFIRM_DONE else None
        # A worker that was stopped before the body and woke up has started after we had given it up.
        ended = Greatest("finished_at", Value(seen)) if seen else F("finished_at")
        Job.objects.filter(pk=job.pk).update(**values, execute_at=seen or earliest, finished_at=ended)

    return do(job_id, asked, change, f"confirmed as {word}", f"Only an interrupted job can be confirmed as {word}")
