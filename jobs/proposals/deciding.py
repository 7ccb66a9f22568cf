"""Decides proposals, each once: a person approves it, and it is done in his name, or refuses it. The audit has both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from jobs import rules
from jobs.database import transaction
from jobs.models import Audit, Change, Described, Proposal, Subject
from jobs.proposals.doing import do, why_not_his
from jobs.rights import reach_of
from jobs.transitions import Answer

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LONGEST_ANSWER = 1000  # characters
Outcome = Proposal.Outcome


@dataclass(frozen=True)
class Decided:
    """Decision of a proposal. `why` is a sentence for the person who decided; `forbidden`: it is not his to decide, and
    is still open."""

    done: bool
    why: str
    forbidden: bool = False
    proposal: Proposal | None = None


def may_decide(proposal: Proposal, by: AbstractBaseUser) -> bool:
    """Return whether this person may do himself what is proposed."""
    return not why_not_his(proposal, by)


def approve(proposal_id: int, *, by: AbstractBaseUser, now: datetime) -> Decided:
    """Do what is proposed, if it can be done still and what it is about is as it was seen; else say why not. It is
    decided then, whether it was done or not; what this person may not do stays open."""
    with transaction.atomic():
        proposal = _open(proposal_id, by=by, now=now)
        if isinstance(proposal, Decided):
            return proposal
        return _ended(proposal, do(proposal, by=by, now=now), by=by, now=now)


def refuse(proposal_id: int, *, by: AbstractBaseUser, now: datetime, reason: str = "") -> Decided:
    """Refuse it: nothing is done. It needs the right to do what is proposed, as approving does."""
    if problems := rules.reason_problems(reason, needed=False):
        return Decided(done=False, why=" ".join(problems))
    with transaction.atomic():
        proposal = _open(proposal_id, by=by, now=now)
        if isinstance(proposal, Decided):
            return proposal
        answer = f"{by.get_username()} refused it{f': {reason}' if reason else '.'}"
        _write(proposal, Outcome.REFUSED, answer, by=by, now=now, reason=reason)
        return Decided(done=True, why=f"Proposal {proposal.pk} is refused: nothing was done.", proposal=proposal)


def _open(proposal_id: int, *, by: AbstractBaseUser, now: datetime) -> Proposal | Decided:
    """Return the proposal, which nobody else decides until this transaction ends, or why this person does not decide
    it."""
    rows = Proposal.objects.within(reach_of(by)).filter(pk=proposal_id)
    proposal = rows.select_for_update(no_key=True).first()
    if proposal is None:
        return Decided(done=False, why=f"There is no proposal {proposal_id}.")
    if why := why_not_his(proposal, by):
        return Decided(done=False, why=why, forbidden=True, proposal=proposal)
    if proposal.decided_at is not None:
        why = f"Proposal {proposal.pk} was decided already by {proposal.decided_by_name}: {proposal.answer}"
        return Decided(done=False, why=why, proposal=proposal)
    if proposal.ends_at <= now:
        why = f"Proposal {proposal.pk} has ended: nobody decided it in time. Have it proposed anew."
        return Decided(done=False, why=why, proposal=proposal)
    return proposal


def _ended(proposal: Proposal, answer: Answer, *, by: AbstractBaseUser, now: datetime) -> Decided:
    if answer.forbidden:
        return Decided(done=False, why=answer.why, forbidden=True, proposal=proposal)
    if answer.done and answer.job is not None:
        proposal.job_id = answer.job.pk
    said = answer.why if answer.done else f"{answer.why} Nothing was done; have it proposed anew if it is still wanted."
    _write(proposal, Outcome.DONE if answer.done else Outcome.STALE, said, by=by, now=now)
    return Decided(done=answer.done, why=said, proposal=proposal)


def _write(
    proposal: Proposal, outcome: Proposal.Outcome, answer: str, *, by: AbstractBaseUser, now: datetime, reason: str = ""
) -> None:
    """Write the decision down, without the arguments: a job has them, or nobody needs them any more."""
    before: Described = Proposal.objects.get(pk=proposal.pk).described()
    proposal.outcome, proposal.answer, proposal.arguments = outcome, answer[:LONGEST_ANSWER], {}
    proposal.decided_by_id, proposal.decided_by_name, proposal.decided_at = by.pk, by.get_username(), now
    proposal.save()
    verb = Change.REFUSE if outcome == Outcome.REFUSED else Change.CHANGE
    Audit.objects.note(
        Subject.PROPOSAL,
        str(proposal.pk),
        by=by,
        now=now,
        before=before,
        after=proposal.described(),
        verb=verb,
        reason=reason,
    )
