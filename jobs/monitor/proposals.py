"""The page `/proposals/`: what programs propose, to approve or to refuse, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jobs import proposals, rules, targets
from jobs.clock import clock
from jobs.models import Proposal
from jobs.monitor.access import page
from jobs.permissions import ADD_JOB, CONTROL_JOB, PAUSE_LIMIT, why_refused
from jobs.proposals import Decided
from jobs.rights import Reach, reach_of
from jobs.web.lists import ListPage
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SHOWN, SIZE = 100, 50
IN_PREVIEW = ("target", "payload", "name", "queue", "run_at")  # the payload stands below it
NEEDS = (CONTROL_JOB, ADD_JOB, PAUSE_LIMIT)  # without any of these nobody may decide any


LIST = ListPage(
    "proposals",
    {
        "id": lambda one: one.pk,
        "proposal": lambda one: one.preview,
        "job": lambda one: one.job_id,
        "proposer": lambda one: one.proposer,
        "reason": lambda one: one.reason,
        "proposed": lambda one: one.created_at,
        "until": lambda one: one.ends_at,
        "became": lambda one: one.get_outcome_display() if one.decided_at else None,
        "answer": lambda one: one.answer,
        "decided": lambda one: one.decided_at,
        "by": lambda one: one.decided_by_name,
    },
)


class Line(NamedTuple):
    """An open proposal as the page shows it. `may`: this person may decide it."""

    proposal: Proposal
    may: bool
    payload: object  # of a job that would be created, as this person may see it
    others: list[tuple[str, object]]  # what else that job would have: label and value


@require_safe
@page
@LIST
def proposal_list(request: HttpRequest) -> HttpResponse:
    """Show what is proposed of what this person sees, then what has ended."""
    by, now = cast("AbstractBaseUser", request.user), clock.current()
    reach = reach_of(by)
    seen = Proposal.objects.within(reach)
    may_any = any(map(request.user.has_perm, NEEDS))
    lines = [
        Line(proposal, may_any and proposals.may_decide(proposal, by), _payload(proposal, reach), _others(proposal))
        for proposal in seen.open(now)[:SHOWN]
    ]
    context = {"lines": lines, "page": Paginator(seen.ended(now), SIZE).get_page(request.GET.get("page")), "now": now}
    return LIST.show(request, "jobs/monitor/proposals.html", context, lambda: seen.order_by("-id"))


@require_POST
@page
def approve(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Do what is proposed, in this person's name."""
    by = cast("AbstractBaseUser", request.user)
    if refused := _may_decide_none(request):
        return refused
    return _said(request, proposals.approve(proposal_id, by=by, now=clock.current()))


@require_POST
@page
def refuse_proposal(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Refuse it, with a reason if there is one."""
    by = cast("AbstractBaseUser", request.user)
    if refused := _may_decide_none(request):
        return refused
    reason = request.POST.get("reason", "").strip()
    return _said(request, proposals.refuse(proposal_id, by=by, now=clock.current(), reason=reason))


def _may_decide_none(request: HttpRequest) -> HttpResponse | None:
    if any(map(request.user.has_perm, NEEDS)):
        return None
    return refuse(request, why_refused(request.user, CONTROL_JOB))


def _said(request: HttpRequest, decided: Decided) -> HttpResponse:
    if decided.proposal is None:
        raise Http404(decided.why)
    if decided.forbidden:
        return refuse(request, decided.why)
    (messages.success if decided.done else messages.warning)(request, decided.why)
    return redirect("proposals")


def _payload(proposal: Proposal, reach: Reach) -> object:
    if proposal.action != Proposal.Action.CREATE:
        return None
    return targets.shown(proposal.target, proposal.arguments.get("payload", {}), sees_secrets=reach.sees_secrets)


def _others(proposal: Proposal) -> list[tuple[str, object]]:
    """Return all that a job would have and that the preview does not say: whom it cancels, what it waits for."""
    if proposal.action != Proposal.Action.CREATE:
        return []
    given = {name: value for name, value in proposal.arguments.items() if name not in IN_PREVIEW}
    return [(asked.label, given[name]) for name, asked in rules.ASKED.items() if name in given]
