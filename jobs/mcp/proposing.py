"""Tools that propose. They change nothing: a person does, on the page of proposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from rest_framework.request import Request

from jobs import proposals
from jobs.api.views import person
from jobs.clock import clock
from jobs.mcp.looking import Refused
from jobs.models import Proposal
from jobs.web import parsing


def propose_change_of_job(caller: Request, action: str, job_id: int, run_at: str | None, reason: str) -> Any:
    """Propose to cancel, retry, start or move a job."""
    try:
        at = None if run_at is None else parsing.moment(run_at)
    except parsing.Unreadable as error:
        raise Refused(f"run_at: {error}") from None
    asked = {"by": person(caller), "now": clock.current(), "reason": reason, "run_at": at}
    return _made(caller, proposals.propose_verb, Proposal.Action(action), job_id, **asked)


def propose_new_job(caller: Request, job: Mapping[str, Any], reason: str) -> Any:
    """Propose to create a job."""
    return _made(caller, proposals.propose_job, job, by=person(caller), now=clock.current(), reason=reason)


def propose_pause_of_queue(caller: Request, queue: str, reason: str) -> Any:
    """Propose to pause a queue."""
    return _made(caller, proposals.propose_pause, queue, by=person(caller), now=clock.current(), reason=reason)


def _made(caller: Request, propose: Any, *args: Any, **asked: Any) -> dict[str, Any]:
    try:
        made = propose(*args, **asked)
    except proposals.Refused as refusal:
        raise Refused(str(refusal)) from None
    return {
        "proposal": made.pk,
        "preview": made.preview,
        "said": "Nothing was done. A person who may do it approves or refuses it at the address.",
        "address": caller.build_absolute_uri(f"{reverse('proposals')}#proposal-{made.pk}"),
        "ends_at": made.ends_at,
    }
