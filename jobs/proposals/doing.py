"""Does what was proposed, for the person who has approved it and by the ways that he has himself: the transitions and
the pauses of queues. Each is judged anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import PermissionDenied, ValidationError
from rest_framework.exceptions import ValidationError as Unreadable

from jobs import transitions
from jobs.api.reading import judged, read_job
from jobs.creation_limits import TooFast, admission_of
from jobs.models import Kind, Proposal
from jobs.permissions import ADD_JOB, PAUSE_LIMIT, why_refused
from jobs.proposals.making import VERBS, Action, in_rests_words, tag_of_queue
from jobs.rights import reach_of
from jobs.rights.seeing import not_of_theirs
from jobs.rules.may import why_not
from jobs.transitions import Answer
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

Transition = Callable[..., Answer]
DONE_BY: Mapping[str, Transition] = {
    Action.CANCEL: transitions.cancel,
    Action.RETRY: transitions.retry,
    Action.RUN_NOW: transitions.run_now,
}


def why_not_his(proposal: Proposal, by: AbstractBaseUser) -> str:
    """Return which permission this person lacks to do what is proposed; empty where he may do it himself."""
    if proposal.action in VERBS:
        return why_not(VERBS[Action(proposal.action)], cast("int", proposal.job_id), by)
    permission = ADD_JOB if proposal.action == Action.CREATE else PAUSE_LIMIT
    if not cast("PermissionsMixin", by).has_perm(permission):
        return why_refused(by, permission)
    if proposal.action == Action.PAUSE_QUEUE and not reach_of(by).has(Kind.QUEUE, proposal.queue):
        return not_of_theirs(f"The queue '{proposal.queue}'")
    return ""


def do(proposal: Proposal, *, by: AbstractBaseUser, now: datetime) -> Answer:
    """Do it, and say what became of it; a refusal is an answer. In the caller's transaction."""
    try:
        if proposal.action == Action.CREATE:
            return _create(proposal, by=by, now=now)
        if proposal.action == Action.PAUSE_QUEUE:
            return _pause(proposal, by=by, now=now)
        return _change(proposal, by=by, now=now)
    except (Unreadable, ValidationError, PermissionDenied) as error:
        return Answer(done=False, why=in_rests_words(error))
    except TooFast as error:
        return Answer(done=False, why=str(error), forbidden=True)


def reason_of(proposal: Proposal) -> str:
    """Return the reason that the audit has, with the name of who proposed it beside that of who approved it."""
    return f"{proposal.reason} (proposal {proposal.pk} of {proposal.proposer})"


def _change(proposal: Proposal, *, by: AbstractBaseUser, now: datetime) -> Answer:
    job_id, asked = cast("int", proposal.job_id), {"now": now, "by": by, "reason": reason_of(proposal)}
    asked["seen"] = {int(proposal.seen)}
    if proposal.action == Action.RESCHEDULE:
        run_at = datetime.fromisoformat(proposal.arguments["run_at"])
        answer = transitions.reschedule(job_id, run_at=run_at, **cast("Any", asked))
    else:
        answer = DONE_BY[proposal.action](job_id, **asked)
    if answer.stale:
        return Answer(done=False, why=f"Job {job_id} has changed since this was proposed: look at it first.")
    if answer.job is None:  # he does not see it, while others may
        return Answer(done=False, why=answer.why, forbidden=True)
    return answer


def _create(proposal: Proposal, *, by: AbstractBaseUser, now: datetime) -> Answer:
    new = judged(read_job(proposal.arguments), by=by, now=now)
    admission_of(by).single()
    job, _ = transitions.create(new, now=now, by=by)
    return Answer(done=True, why=f"Job {job.pk} was created.", job=job)


def _pause(proposal: Proposal, *, by: AbstractBaseUser, now: datetime) -> Answer:
    if tag_of_queue(proposal.queue) != proposal.seen:
        return Answer(done=False, why=f"The limits of the queue {proposal.queue} have changed since this was proposed.")
    pausing.pause(Name(Kind.QUEUE, proposal.queue), now=now, reason=reason_of(proposal), by=by)
    return Answer(done=True, why=f"The queue {proposal.queue} is paused: none of its jobs starts.")
