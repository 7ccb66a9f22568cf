"""A second person's word on a job of a dangerous target: it may start, or it shall not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from jobs import publishing
from jobs.models import Audit, Form, Job, Subject, Trigger, Verb
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import Listed
from jobs.states import Hold, State
from jobs.transitions.changing import ASKS_FOR_A_START, Answer, Asked, do
from jobs.transitions.forms.definition import form_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class _Refused(Exception):
    """Refusal of what was asked of the job, with the reason."""


def approve(
    job_id: int,
    *,
    now: datetime,
    reason: str = "",
    by: AbstractBaseUser | None = None,
    version: int | None = None,
) -> Answer:
    """Let a job of a dangerous target start at its time; somebody else than its creator must approve it. `version`: of
    the job that whoever approves has seen; one that is another by now was not looked at."""

    def change(job: Job) -> None:
        if version is not None and version != job.version:
            raise _Refused(f"Job {job.pk} was changed since you looked: look again, then approve it.")
        if why := _why_not_approved(job, by):
            raise _Refused(why)
        left = job.holds & ~Hold.APPROVAL
        Job.objects.filter(pk=job.pk).update(approved_at=now, holds=left)
        if not left:
            publishing.publish_at_commit([Listed.first(job)], now=now)

    asked = Asked(Verb.APPROVE, now, by, reason)
    return _done(job_id, asked, change, "approved", "Only a job that has not started can be approved")


def refuse(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Answer:
    """Cancel a job that waits for its approval: whoever may give that may say no.

    Raises ValidationError (field `reason`) without one.
    """
    if not reason.strip():
        raise ValidationError({"reason": ["Say why: whoever has asked for it wants to know."]})
    who = by.get_username() if by else "a program"

    def change(job: Job) -> None:
        # Looked at with its row locked: one that somebody else has approved meanwhile is not his to cancel.
        if why := _waits_for_none(job):
            raise _Refused(why)
        values = {"state": State.CANCELLED, "finished_at": now, "reason": f"Refused by {who}: {reason}", "holds": 0}
        Job.objects.filter(pk=job.pk).update(**values, version=NEXT_VERSION)

    asked = Asked(Verb.CANCEL, now, by, reason)
    return _done(job_id, asked, change, "refused", "Only a job that waits for its approval can be refused")


def _done(job_id: int, asked: Asked, change: Callable[[Job], None], done: str, refusal: str) -> Answer:
    try:
        return do(job_id, asked, change, done, refusal)
    except _Refused as refused:
        return Answer(done=False, why=str(refused), job=Job.objects.for_people().filter(pk=job_id).first())


def _why_not_approved(job: Job, by: AbstractBaseUser | None) -> str:
    """Return why this person cannot approve the job, whose row the caller has locked: else an edit of the same person
    could come between the look and the approval. Empty where nothing is in the way."""
    if by is not None and job.created_by_id == by.pk:
        return f"You have created job {job.pk}; somebody else must approve it."
    if by is not None and job.audit.filter(verb__in=ASKS_FOR_A_START, by_id=by.pk).exists():
        return f"You have changed job {job.pk}, or asked for its start; somebody else must approve it."
    if by is not None and _has_defined(job, by):
        return f"You have defined what job {job.pk} runs; somebody else must approve it."
    return _waits_for_none(job)


def _has_defined(job: Job, by: AbstractBaseUser) -> bool:
    """Return whether this person has defined the trigger or the form that the job comes of: as it is, or as it was when
    the job was created, where it has been changed or deleted since."""
    comes_of: tuple[tuple[type[Trigger] | type[Form], Subject, int], ...] = (
        (Trigger, Subject.TRIGGER, job.trigger_id or 0),
        (Form, Subject.FORM, form_of(job)),
    )
    return any(
        model._default_manager.filter(pk=pk, created_by_id=by.pk).exists()
        or Audit.objects.was_defined_by(by.pk, subject, pk, since=job.created_at)
        for model, subject, pk in comes_of
        if pk
    )


def _waits_for_none(job: Job) -> str:
    """Say so of a job that waits for no approval; empty: it waits for one."""
    if job.approved_at is not None or not job.held_by & Hold.APPROVAL:
        return f"Job {job.pk} waits for no approval."
    return ""
