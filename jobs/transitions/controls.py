"""Does what people and programs ask of a job, and gives the true answer. What took effect is audited with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from jobs import publishing, rules
from jobs.models import Attempt, Audit, Described, Job, Occurrence, Turn, Verb
from jobs.models.described import described
from jobs.models.history import find
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import Listed
from jobs.nodes.waking import wake_at_commit
from jobs.rules.controls import CONTROLS, Control
from jobs.states import OVER, Cause, Hold, State
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.history import bring_back
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import of
from jobs.transitions.requeue import keep_place, requeue
from jobs.transitions.schedules import succession

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LEAVES = {Verb.CANCEL, Verb.RESCHEDULE}  # after these a pending job has no place in its limits any more
MOVES = {Verb.RESCHEDULE, Verb.RUN_NOW, Verb.RETRY}  # to another time; the audit says from which
IN_LINE = Hold.KEY | Hold.QUEUE


@dataclass(frozen=True)
class Answer:
    """The answer to a request to change a job; `why` is a sentence for the person who asked."""

    done: bool
    why: str
    job: Job | None = None


@dataclass(frozen=True)
class _Asked:
    """A request to change a job: who asks for what, when and why."""

    verb: Verb
    now: datetime
    by: AbstractBaseUser | None
    reason: str

    @property
    def control(self) -> Control:
        return CONTROLS[self.verb]


def cancel(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None, unsaid: str = "") -> Answer:
    """Cancel a job that has not started; ask one that runs to stop. `unsaid` is what a cancelled job says where no
    reason was given."""

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

    asked = _Asked(Verb.CANCEL, now, by, reason)
    return _do(job_id, asked, change, "cancelled", "Only a job that has not ended can be cancelled")


def reschedule(
    job_id: int, *, run_at: datetime, now: datetime, reason: str = "", by: AbstractBaseUser | None = None
) -> Answer:
    """Move a job that has not started to another time.

    Raises ValidationError (field `run_at`) for a time that no job may have.
    """
    problems = rules.run_at_problems(run_at, now, needed=True)
    if problems:
        raise ValidationError({"run_at": problems})
    run_at = rules.not_before(run_at, now)
    asked = _Asked(Verb.RESCHEDULE, now, by, reason)
    refusal = "Only a job that has not started can be rescheduled"
    return _do(job_id, asked, lambda job: requeue(job, run_at=run_at, now=now), "rescheduled", refusal)


def run_now(job_id: int, *, now: datetime, reason: str = "", by: AbstractBaseUser | None = None) -> Answer:
    """Start a pending job at once instead of at its time, whatever its calendar says. A job that waits for its turn, or
    whose turn has come, keeps its place: it is not made later by this."""

    def change(job: Job) -> None:
        waits = bool(job.held_by & IN_LINE) or Turn.objects.filter(job_id=job.pk).exists()
        too_late = job.start_within is not None and (now - job.run_at).total_seconds() > job.start_within
        if waits and not too_late and job.run_at <= now:
            keep_place(job, now=now)
        else:
            promotion.leave([job.pk], now=now)
            _at_once(job, now)

    asked = _Asked(Verb.RUN_NOW, now, by, reason)
    refusal = "Only a job that has not started can be run now"
    return _do(job_id, asked, change, "told to start now", refusal)


def retry(job_id: int, *, now: datetime, reason: str = "", by: AbstractBaseUser | None = None) -> Answer:
    """Give a job that failed, was interrupted, cancelled or skipped another start: now, whatever its calendar says, or
    at its time where that is still to come.

    Raises ValidationError (field `reason`) when none is given for an interrupted job: its effects are unknown.
    """
    asked = _Asked(Verb.RETRY, now, by, reason)
    refusal = "Only a failed, interrupted, cancelled or skipped job can be retried"
    return _do(job_id, asked, lambda job: _again(job, now), "told to start again", refusal)


def _at_once(job: Job, now: datetime) -> None:
    requeue(job, run_at=now, now=now, over_calendar=True)


def _again(job: Job, now: datetime) -> None:
    """Requeue the job; where it was cancelled or skipped before its time, at that time and with its calendar, as if it
    had not been."""
    keeps_time = job.state in (State.CANCELLED, State.SKIPPED) and job.run_at > now
    requeue(job, run_at=job.run_at if keeps_time else now, now=now, over_calendar=not keeps_time)
    if job.schedule_id is not None:
        Occurrence.objects.started([job.pk])


def approve(job_id: int, *, now: datetime, reason: str = "", by: AbstractBaseUser | None = None) -> Answer:
    """Let a job of a dangerous target start at its time; somebody else than its creator must approve it."""

    def change(job: Job) -> None:
        left = job.holds & ~Hold.APPROVAL
        Job.objects.filter(pk=job.pk).update(approved_at=now, holds=left)
        if not left:
            publishing.publish_at_commit([Listed.first(job)], now=now)

    asked = _Asked(Verb.APPROVE, now, by, reason)
    job = Job.objects.filter(pk=job_id).first()
    if job is not None and by is not None and job.created_by_id == by.pk:
        return Answer(done=False, why=f"You have created job {job_id}; somebody else must approve it.", job=job)
    if job is not None and (job.approved_at is not None or not job.held_by & Hold.APPROVAL):
        return Answer(done=False, why=f"Job {job_id} waits for no approval.", job=job)
    return _do(job_id, asked, change, "approved", "Only a job that has not started can be approved")


def confirm_done(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Answer:
    """Settle an interrupted job by a person's word: it has done its work.

    Raises ValidationError (field `reason`) without one.
    """
    asked = _Asked(Verb.CONFIRM_DONE, now, by, reason)
    return _confirm(job_id, asked, "done")


def confirm_failed(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Answer:
    """Settle an interrupted job by a person's word: it has not done its work.

    Raises ValidationError (field `reason`) without one.
    """
    asked = _Asked(Verb.CONFIRM_FAILED, now, by, reason)
    return _confirm(job_id, asked, "failed")


def _confirm(job_id: int, asked: _Asked, word: str) -> Answer:
    """Settle an interrupted job. `finished_at` stays the moment of the interruption: a person's decision is no end that
    the figures of this hour should hold. The decision's own moment stands in the audit."""
    _check_reason(asked.reason, needed=True)
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

    return _do(job_id, asked, change, f"confirmed as {word}", f"Only an interrupted job can be confirmed as {word}")


def _do(job_id: int, asked: _Asked, change: Callable[[Job], None], done: str, refusal: str) -> Answer:
    """Make the change if the job is in a state in which it can be made, and answer with what is true."""
    _check_reason(asked.reason, needed=False)
    in_history = False
    while True:
        won = _try(job_id, asked, change, in_history)
        job = Job.objects.for_people().filter(pk=job_id).first() or find(job_id)
        if job is None:
            return Answer(done=False, why=f"There is no job {job_id}.")
        if won == State.RUNNING:
            return Answer(done=True, why=f"Job {job_id} was asked to stop; {_state_now(job)}.", job=job)
        if won is not None:
            return Answer(done=True, why=f"Job {job_id} was {done}.", job=job)
        if job.state not in asked.control.states:
            break
        # The job has come back since: "cannot be cancelled; it is pending" would be no answer. Or it is brought back.
        in_history = job.in_history
    return Answer(done=False, why=f"{refusal}; job {job_id} {_state_now(job).removeprefix('it ')}.", job=job)


def _state_now(job: Job) -> str:
    when = f" since {job.locked_at:%Y-%m-%d %H:%M:%S} UTC" if job.state == State.RUNNING else ""
    return f"it is {State(job.state).label}{when}"


def _try(job_id: int, asked: _Asked, change: Callable[[Job], None], in_history: bool) -> State | None:
    """Make the change once; waits for whoever holds the row: a start that is being committed, or another person.
    Returns the state in which it was made, None if the job was in none of the expected."""
    with transaction.atomic():
        if in_history:
            bring_back([job_id])
        job = Job.objects.in_state(asked.control.states).select_for_update(no_key=True).filter(pk=job_id).first()
        if job is None:
            return None
        _check_reason(asked.reason, needed=job.state == State.INTERRUPTED)
        change(job)
        if asked.verb == Verb.CANCEL and job.state == State.PENDING:
            by_id, why = getattr(asked.by, "pk", None), asked.reason
            succession.missed([job], Cause.PERSON, why, now=asked.now, by_id=by_id)
        if job.has_dependents and asked.control.becomes in OVER:
            dependencies.ended([job.pk], now=asked.now)
        if job.state == State.PENDING and asked.verb in LEAVES:
            waited = of(queue=job.queue, key=job.key) if job.held_by & IN_LINE else []
            promotion.leave([job.pk], now=asked.now, also=waited)
        Audit.objects.create(
            job_id=job_id,
            verb=asked.verb,
            by_id=getattr(asked.by, "pk", None),
            reason=asked.reason,
            at=asked.now,
            from_state=job.state,
            to_state=State.RUNNING if job.state == State.RUNNING else asked.control.becomes,
            before=_described(job) if asked.verb in MOVES else None,
            after=_described(Job.objects.only("run_at").get(pk=job_id)) if asked.verb in MOVES else None,
        )
        return State(job.state)


def _described(job: Job) -> Described:
    return described(job, ("run_at",))


def _check_reason(reason: str, *, needed: bool) -> None:
    problems = rules.reason_problems(reason, needed=needed)
    if problems:
        raise ValidationError({"reason": problems})
