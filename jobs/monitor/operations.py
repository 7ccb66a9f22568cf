"""`/operations/`: what people have asked for of many jobs at once, each with its page that follows it, and the buttons
that end it or take it back."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.clock import clock
from jobs.models import Operation
from jobs.monitor.access import is_known, may_look, page
from jobs.monitor.job_page import STOP_POLLING
from jobs.permissions import CONTROL_JOB, VIEW_JOB, why_refused
from jobs.rights import Reach, reach_of
from jobs.rules.finding import address_of
from jobs.transitions import operations as transitions
from jobs.transitions.operations.making import can_be_undone
from jobs.web import operations as words
from jobs.web.appearance.shown import ZONE, follow_address
from jobs.web.lists import ListPage
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SIZE = 50
LIST = ListPage(
    "operations",
    {
        "id": lambda row: row.pk,
        "operation": words.title,
        "which": lambda row: words.which((row.undoes or row).filters),
        "state": lambda row: row.outcome or "goes on",
        "done": lambda row: row.done,
        "total": lambda row: row.total,
        "begun": lambda row: row.created_at,
        "by": lambda row: row.created_by,
    },
)


class Line(NamedTuple):
    """An operation as people read it. `share`: how far it is, 0 to 1."""

    row: Operation
    title: str
    which: str
    became: str
    share: float


def line(row: Operation) -> Line:
    """Return what is said of an operation."""
    total = row.total or 0
    share = 1.0 if row.ended_at else min((row.done + row.left_alone) / total, 1.0) if total else 0.0
    which = words.which((row.undoes or row).filters)
    return Line(row, words.title(row), which, words.became(row), share)


@require_safe
@page
@LIST
def operation_list(request: HttpRequest) -> HttpResponse:
    """Show the operations that this person sees, the newest first."""
    if not request.user.has_perm(VIEW_JOB):
        return refuse(request, why_refused(request.user, VIEW_JOB))
    rows = Operation.objects.of_jobs().within(reach_of(request.user)).for_people().order_by("-id")
    shown = Paginator(rows, SIZE).get_page(request.GET.get("page"))
    facts = {"page": shown, "lines": [line(row) for row in shown], "now": clock.current()}
    return LIST.show(request, "jobs/monitor/operations.html", facts, lambda: rows)


@require_safe
@page
def operation_page(request: HttpRequest, operation_id: int) -> HttpResponse:
    """Show what it does to which jobs, how far it is, and what it has left as it was, and why."""
    if not request.user.has_perm(VIEW_JOB):
        return refuse(request, why_refused(request.user, VIEW_JOB))
    return render(request, "jobs/monitor/operation.html", _facts(request, operation_id, reach_of(request.user)))


@require_safe
def operation_live(request: HttpRequest, operation_id: int) -> HttpResponse:
    """The changing part, 304 while nothing has happened, and the last one when it has ended."""
    whole_page = {"HX-Redirect": reverse("operation", args=[operation_id])}
    follow_address(request)
    reach = may_look(request)
    if reach is None or not request.user.has_perm(VIEW_JOB):
        return HttpResponse(status=401, headers=whole_page)
    try:
        facts = _facts(request, operation_id, reach)
    except Http404:
        return HttpResponse(status=404, headers=whole_page)
    row = facts["line"].row
    state = [row.done, row.refused, row.ended_at, row.undone_by.count(), facts["follows"], request.GET.get(ZONE)]
    etag = f'"{hashlib.blake2b(repr(state).encode(), digest_size=12).hexdigest()}"'
    if row.ended_at is not None:
        response = render(request, "jobs/monitor/operation_live.html", facts, status=STOP_POLLING)
    elif is_known(request, etag):
        response = HttpResponse(status=304)
    else:
        response = render(request, "jobs/monitor/operation_live.html", facts)
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_POST
@page
def operation_cancel(request: HttpRequest, operation_id: int) -> HttpResponse:
    """Have it change no more jobs."""
    if (refused := _refused(request, operation_id)) is not None:
        return refused
    by, reason = cast("AbstractBaseUser", request.user), request.POST.get("reason", "")
    try:
        done, why = transitions.cancel(operation_id, reason=reason, by=by, now=clock.current())
    except ValidationError as error:
        done, why = False, " ".join(error.messages)
    (messages.success if done else messages.error)(request, why)
    return redirect("operation", operation_id)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def operation_undo(request: HttpRequest, operation_id: int) -> HttpResponse:
    """Say how many of its jobs can be taken back, and why the others cannot; POST takes them back, by an operation of
    its own."""
    if (refused := _refused(request, operation_id)) is not None:
        return refused
    now, by = clock.current(), cast("AbstractBaseUser", request.user)
    facts = _facts(request, operation_id, reach_of(by))
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        reason, key = request.POST.get("reason", ""), words.key_of(request.POST)
        try:
            begun = transitions.begin_undo(operation_id, reason=reason, by=by, now=now, idempotency_key=key)
        except ValidationError as error:
            problems = error.message_dict
        else:
            if begun.created:
                transitions.go_on(begun.operation.pk, now=now)
            return redirect("operation", begun.operation.pk)
    row = facts["line"].row
    counted = transitions.count_undo(row, now=now) if can_be_undone(row) else transitions.Counted(0)
    facts |= {
        "counted": counted,
        "left": sorted(counted.left.items(), key=lambda one: -one[1]),
        "problems": problems,
        "reason": request.POST.get("reason", ""),
        "key": words.key_of(request.POST),
    }
    return render(request, "jobs/undo_many.html", facts, status=400 if problems else 200)


def _refused(request: HttpRequest, operation_id: int) -> HttpResponse | None:
    """Return the answer for somebody who may do nothing to it. Raises Http404 where there is none that he sees."""
    if not request.user.has_perm(CONTROL_JOB):
        return refuse(request, why_refused(request.user, CONTROL_JOB))
    _found(operation_id, reach_of(request.user))
    return None


def _found(operation_id: int, reach: Reach) -> Operation:
    row: Operation | None = Operation.objects.of_jobs().within(reach).for_people().filter(pk=operation_id).first()
    if row is None:
        raise Http404(f"There is no operation {operation_id}.")
    return row


def _facts(request: HttpRequest, operation_id: int, reach: Reach) -> dict[str, Any]:
    row = _found(operation_id, reach)
    may = request.user.has_perm(CONTROL_JOB)
    now: datetime = clock.current()
    return {
        "line": line(row),
        "now": now,
        "address": address_of(row.filters),
        "follows": words.follows(row),
        "refused": sorted(row.refused.items(), key=lambda one: -one[1]),
        "may_cancel": may and row.ended_at is None,
        "may_undo": may and row.ended_at is not None and row.done > 0 and can_be_undone(row),
        "undone_by": list(row.undone_by.order_by("id").values_list("pk", flat=True)),
    }
