"""Verbs that a user may use on a job: by his permissions, and by whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jobs.models import Job, Verb
from jobs.permissions import ADD_JOB, why_refused
from jobs.rights import reach_of
from jobs.rules.controls import CONTROLS

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin


def is_within(verb: Verb, job: Job, user: AbstractBaseUser | AnonymousUser | None) -> bool:
    """Return whether the job is within the reach of who asks; what one has created one may cancel, whosever it is
    now."""
    reach = reach_of(user)
    return reach.touches(job) or (verb == Verb.CANCEL and reach.is_own(job))


def may(verb: Verb, job: Job, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether this user may do this to the job, in whatever state it is."""
    return _has_permission(verb, job, user) and is_within(verb, job, user)


def may_undo(job: Job, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether this user may take the job's cancellation back: what one has cancelled of one's own, one may."""
    if may(Verb.RETRY, job, user):
        return True
    reach = reach_of(user)
    creates = cast("PermissionsMixin", user).has_perm(ADD_JOB)
    return creates and reach.is_own(job) and reach.touches(job) and has_cancelled(job, user)


def has_cancelled(job: Job, user: AbstractBaseUser | AnonymousUser | None) -> bool:
    """Return whether it was this user who has cancelled the job, and nobody since."""
    last = job.audit.filter(verb=Verb.CANCEL).order_by("-id").first()
    return last is not None and user is not None and last.by_id == user.pk


def why_not(verb: Verb, job_id: int, user: AbstractBaseUser) -> str:
    """Return which permission he lacks to do this to the job of this id, if there is one: the same whether there is.
    Empty where he has it; whose the job is is asked where it is changed."""
    permission = CONTROLS[verb].permission
    if cast("PermissionsMixin", user).has_perm(permission):
        return ""
    job = Job.objects.filter(pk=job_id).first()
    return "" if job is not None and _has_permission(verb, job, user) else why_refused(user, permission)


def _has_permission(verb: Verb, job: Job, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether he has the permission; whoever may create jobs needs none to cancel his own."""
    has_perm = cast("PermissionsMixin", user).has_perm
    if has_perm(CONTROLS[verb].permission):
        return True
    return verb == Verb.CANCEL and has_perm(ADD_JOB) and reach_of(user).is_own(job)
