"""Buttons for what a person may do to a job, in admin and monitor: one transition each, with who did it and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from jobs import transitions
from jobs.models import Job, Verb
from jobs.rules.controls import CONTROLS, Control
from jobs.rules.may import may, may_undo
from jobs.states import State
from jobs.transitions import Answer

AT_A_TIME = 1_000  # jobs of one request: each is its own transaction
REASONS_SHOWN = 5
NEVER_SEEN = 0  # no job has this version


@dataclass(frozen=True)
class Button:
    """`verb`: whose right it needs, and when it can be done. `label` stands on the button, `done` in the report;
    `meaning` is what it says of a job whose effects are not known."""

    verb: Verb
    label: str
    done: str
    meaning: str = ""
    address: str = ""

    @property
    def name(self) -> str:
        """Name of the button in addresses."""
        return self.address or self.verb.replace("_", "-")

    @property
    def control(self) -> Control:
        return CONTROLS[self.verb]


CANCEL = Button(Verb.CANCEL, "Cancel", "cancelled")
RUN_NOW = Button(Verb.RUN_NOW, "Run now", "told to start now")
RETRY = Button(Verb.RETRY, "Retry", "told to start again", "It is started again, now, whatever it did before.")
UNDO = Button(Verb.RETRY, "Undo", "as if they had not been cancelled", address="undo")
RESCHEDULE = Button(Verb.RESCHEDULE, "Reschedule", "rescheduled")
EDIT = Button(Verb.EDIT, "Edit", "edited")
CONFIRM_DONE = Button(Verb.CONFIRM_DONE, "Confirm done", "confirmed as done", "It has done its work.")
CONFIRM_FAILED = Button(
    Verb.CONFIRM_FAILED, "Confirm failed", "confirmed as failed", "It has not done its work, and nothing is started."
)
APPROVE = Button(Verb.APPROVE, "Approve", "approved")
REFUSE = Button(Verb.APPROVE, "Refuse", "refused", address="refuse")
BUTTONS = (APPROVE, RUN_NOW, CONFIRM_DONE, CONFIRM_FAILED, RETRY, CANCEL)  # those that ask for nothing but a reason


def version_in(text: str) -> int:
    """Return the version of the job that a form was shown for; one that nobody can have seen where it does not say."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else NEVER_SEEN


def asks_why(job: Job) -> bool:
    """Return whether whatever is done to the job needs a reason: what it has done already is not known."""
    return job.state == State.INTERRUPTED


def can_be_undone(job: Job, to: AbstractBaseUser | AnonymousUser, now: datetime) -> bool:
    """Return whether this person may take the job's cancellation back: until its time."""
    return job.state == State.CANCELLED and job.run_at > now and is_offered(UNDO, job, to)


def offered(job: Job, to: AbstractBaseUser | AnonymousUser) -> list[Button]:
    """Return the buttons that this person may press for the job as it is, and that ask for nothing but a reason."""
    return [button for button in BUTTONS if is_offered(button, job, to)]


def is_offered(button: Button, job: Job, to: AbstractBaseUser | AnonymousUser) -> bool:
    if not isinstance(to, PermissionsMixin) or not button.control.fits(job):
        return False
    return may_undo(job, to) if button is UNDO else may(button.verb, job, to)


def apply(
    verb: Button,
    job_id: int,
    *,
    by: AbstractBaseUser,
    now: datetime,
    run_at: datetime | None = None,
    reason: str = "",
    version: int = NEVER_SEEN,
) -> Answer:
    """Do what the button says; the transition notes in the audit who did. A refusal is an answer, not an error; so is
    a reason that is missing. `version`: of the job that was seen, which an approval is of.

    Raises ValidationError (field `run_at`) for a time that no job may have.
    """
    try:
        if verb is APPROVE:
            return transitions.approve(job_id, now=now, reason=reason, by=by, version=version)
        return _transition(verb, by=by, now=now, run_at=run_at, reason=reason)(job_id)
    except ValidationError as error:
        problems = error.message_dict.get("reason")
        if not problems:
            raise
        return Answer(done=False, why=f"Job {job_id} stays as it is. {' '.join(problems)}")


def _transition(
    verb: Button, *, by: AbstractBaseUser, now: datetime, run_at: datetime | None, reason: str
) -> Callable[[int], Answer]:
    if verb is CANCEL:
        unsaid = f"Cancelled by {by.get_username()}."
        return lambda job_id: transitions.cancel(job_id, now=now, reason=reason, by=by, unsaid=unsaid)
    if verb is UNDO:
        own_only = not cast("PermissionsMixin", by).has_perm(UNDO.control.permission)
        return lambda job_id: transitions.undo(job_id, now=now, reason=reason, by=by, own_only=own_only)
    if verb is RESCHEDULE and run_at is not None:
        return lambda job_id: transitions.reschedule(job_id, run_at=run_at, now=now, reason=reason, by=by)
    with_reason: dict[Button, Callable[..., Answer]] = {
        REFUSE: transitions.refuse,
        RUN_NOW: transitions.run_now,
        RETRY: transitions.retry,
        CONFIRM_DONE: transitions.confirm_done,
        CONFIRM_FAILED: transitions.confirm_failed,
    }
    if verb in with_reason:
        return lambda job_id: with_reason[verb](job_id, now=now, reason=reason, by=by)
    raise ValueError(f"{verb.name} needs something that was not given")


def report(request: HttpRequest, verb: Button, answers: Iterable[Answer]) -> None:
    """Say what became of each: `3 cancelled; 1 not: ... job 7 is running since ...`."""
    answers = list(answers)
    refused = [a.why for a in answers if not a.done]
    done = len(answers) - len(refused)
    asked = sum(a.done and a.job is not None and a.job.cancel_requested_at is not None for a in answers)
    became = f"{done - asked} {verb.done}{f', {asked} asked to stop' if asked else ''}"
    if not refused:
        text = answers[0].why if done == 1 else f"{became}."
        messages.success(request, text)
        return
    reasons = " ".join(refused[:REASONS_SHOWN])
    if len(refused) > REASONS_SHOWN:
        reasons += f" And {len(refused) - REASONS_SHOWN} more."
    text = reasons if len(answers) == 1 else f"{became}; {len(refused)} not: {reasons}"
    (messages.warning if done else messages.error)(request, text)
