"""Asks what is to be done to many jobs of `/jobs/`, counts them, and begins it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from rest_framework import serializers

from jobs.api.listing import checked
from jobs.clock import clock
from jobs.models import Job, Verb
from jobs.monitor.access import page
from jobs.monitor.ahead.moving import look
from jobs.monitor.job_list import SIZES, PageQuery
from jobs.permissions import CONTROL_JOB, why_refused
from jobs.rights import reach_of
from jobs.rules.finding import FILTERS, THESE, address_of, kept, matching
from jobs.transitions.operations import AskedOfMany, begin, count, go_on
from jobs.web.operations import BY_NAME, Action, ManyForm, key_of, which
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

CHOSEN, ALL = "chosen", "all"
MOST_CHOSEN = max(SIZES)
MOVES = ("over", "run_at", "by")  # what says how jobs are moved
SHOWN = 10  # of the jobs that were chosen or are found


class _Unclear(Exception):
    """Refusal of a question that does not say what is to be done to which jobs."""


@require_http_methods(["GET", "HEAD", "POST"])
@page
def many(request: HttpRequest) -> HttpResponse:
    """Say how many jobs an action would touch, how many it would not, and why. With `begin` it begins; its first batch
    is done when this answers."""
    if not request.user.has_perm(CONTROL_JOB):
        return refuse(request, why_refused(request.user, CONTROL_JOB))
    sent = request.POST if request.method == "POST" else request.GET
    now, by = clock.current(), cast("AbstractBaseUser", request.user)
    try:
        action, wanted = _read(sent)
    except _Unclear as unclear:
        return render(request, "jobs/many_unclear.html", {"why": str(unclear)}, status=400)
    begins = request.method == "POST" and "begin" in sent
    looks = not begins and any(sent.get(name) for name in MOVES)
    form = ManyForm(sent if begins or looks else None, action=action, wanted=wanted, now=now, begins=begins)
    if begins and form.is_valid():
        try:
            begun = begin(form.asked, reason=form.cleaned_data["reason"], by=by, now=now, idempotency_key=_key(sent))
        except ValidationError as error:
            _put(form, error)
        else:
            if begun.created:
                go_on(begun.operation.pk, now=now)
            return redirect("operation", begun.operation.pk)
    is_asked = (begins or looks) and action.verb == Verb.RESCHEDULE and form.is_valid()
    counted = count(AskedOfMany(action.verb, wanted), reach_of(by), now=now)
    shown = AskedOfMany(action.verb, wanted).found(reach_of(by), now).in_state(action_states(action))
    row = kept(wanted)
    facts = {
        "form": form,
        "action": action,
        "counted": counted,
        "moves": action.verb == Verb.RESCHEDULE,
        "ahead": look(form.asked, reach_of(by), now) if is_asked else None,
        "left": sorted(counted.left.items(), key=lambda one: -one[1]),
        "which": which(row),
        "address": address_of(row),
        "ids": row.get(THESE, []),
        "back": f"{reverse('jobs')}?{sent.get('back', '') or address_of(row)}",
        "back_to": sent.get("back", ""),
        "key": key_of(sent),
        "first": _first(shown, row),
    }
    return render(request, "jobs/many.html", facts, status=400 if begins else 200)


def _key(sent: QueryDict) -> str:
    """Return the key of what this form asks for: sent twice it begins one operation. Whoever goes back to it in the
    browser and asks for something else begins another."""
    asked = [(name, sent.getlist(name)) for name in ("action", "which", "filter", "ids", *MOVES, "queue")]
    return str(uuid.uuid5(uuid.UUID(key_of(sent)), repr(asked)))


def action_states(action: Action) -> list[int]:
    """Return the states of jobs to which this can be done."""
    return sorted(AskedOfMany(action.verb).control.states)


def _first(found: Any, row: Mapping[str, Any]) -> list[Job]:
    """Return the first of those that were chosen one by one; of a filter none are shown: the list has them."""
    return list(found.brief().order_by("id")[:SHOWN]) if THESE in row else []


def _read(sent: QueryDict) -> tuple[Action, Mapping[str, Any]]:
    """Return what is to be done, and the filters of the jobs to which it is."""
    action = BY_NAME.get(sent.get("action", ""))
    if action is None:
        raise _Unclear("Choose what is to be done to these jobs.")
    if sent.get("which") == CHOSEN:
        ids = [int(text) for text in sent.getlist("ids") if text.isascii() and text.isdecimal() and len(text) < 19]
        if not ids:
            raise _Unclear("You have chosen no job: mark some in the list, or choose all that are found.")
        if len(ids) > MOST_CHOSEN:
            raise _Unclear(f"These are more than {MOST_CHOSEN} jobs. Find them by a filter, and choose all of it.")
        return action, {THESE: ids}
    try:
        wanted = checked(QueryDict(sent.get("filter", "")), PageQuery)
    except serializers.ValidationError:
        raise _Unclear("The filter of these jobs cannot be read: go back to the list, and mend it there.") from None
    wanted = {name: value for name, value in wanted.items() if name in FILTERS}
    return action, _this_one(wanted) or wanted


def _this_one(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the filter of the one job whose id was searched for; empty where it was none. Once it has left for the
    history its id would be a word, and find others."""
    if Job.objects.order_by().with_id(wanted.get("q", "")) is None:
        return {}
    ids = list(matching(Job.objects.order_by(), wanted, clock.current()).values_list("pk", flat=True))
    return {THESE: ids} if ids else {}


def _put(form: ManyForm, error: ValidationError) -> None:
    """Show what is wrong beside its field, or above all."""
    for name, said in error.message_dict.items():
        form.add_error(name if name in form.fields else None, said)
