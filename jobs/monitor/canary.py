"""`/failures/retry/`: retries the jobs of a group of failures, some first, and the others if most of these succeed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.api.fields import Strict
from jobs.api.filters import BoundField, WordField
from jobs.api.paging import BIGGEST_ID
from jobs.clock import clock
from jobs.models import Verb
from jobs.models.failures import CAN_RETRY, failures
from jobs.models.operation import FASTEST
from jobs.monitor.access import page
from jobs.permissions import CONTROL_JOB, why_refused
from jobs.rights import reach_of
from jobs.rules.finding import address_of, kept
from jobs.rules.problems import REASON_LIMIT
from jobs.transitions.operations import AskedOfMany, Canary, begin, count, go_on
from jobs.transitions.operations.trying import FIRST, NEEDED, PER_MINUTE
from jobs.web.operations import key_of
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

ANYWHERE, NOWHERE = (1, BIGGEST_ID), (1, 0)
OF_GROUP = ("target", "failure", "queue", "finished_at_after", "finished_at_before")


class GroupQuery(Strict):
    """The group that is asked for: as `/failures/` has shown it."""

    what = "filter"
    target = WordField(allow_blank=False)
    failure = WordField(allow_blank=False)
    queue = WordField(required=False, allow_blank=False)
    finished_at_after = BoundField()
    finished_at_before = BoundField()


class CanaryForm(forms.Form):
    """Form for why they are retried, and how fast the others follow."""

    per_minute = forms.IntegerField(
        label="Jobs a minute",
        initial=PER_MINUTE,
        min_value=1,
        max_value=FASTEST,
        help_text="Of the others, when the first have succeeded.",
    )
    reason = forms.CharField(
        label="Reason", max_length=REASON_LIMIT, help_text="For those whose jobs these are. It is kept with your name."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page
def retry_group(request: HttpRequest) -> HttpResponse:
    """Say how many jobs of a group would be retried, how many not, and why. With `begin` it begins; the first are told
    to start when this answers."""
    if not request.user.has_perm(CONTROL_JOB):
        return refuse(request, why_refused(request.user, CONTROL_JOB))
    sent = request.POST if request.method == "POST" else request.GET
    now, by = clock.current(), cast("AbstractBaseUser", request.user)
    wanted = _wanted(sent)
    if wanted is None:
        why = "The group of these failures cannot be read: go back to the failures, and choose it there."
        return render(request, "jobs/many_unclear.html", {"why": why}, status=400)
    asked = AskedOfMany(Verb.RETRY, wanted)
    begins = request.method == "POST" and "begin" in sent
    form = CanaryForm(sent if begins else None)
    if begins and form.is_valid():
        try:
            canary = Canary(form.cleaned_data["per_minute"], _ids(wanted, by))
            reason, key = form.cleaned_data["reason"], _key(sent)
            begun = begin(asked, reason=reason, by=by, now=now, idempotency_key=key, canary=canary)
        except ValidationError as error:
            for name, said in error.message_dict.items():
                form.add_error(name if name in form.fields else None, cast("Any", said))
        else:
            if begun.created:
                go_on(begun.operation.pk, now=now)
            return redirect("operation", begun.operation.pk)
    counted = count(asked, reach_of(by), now=now)
    facts = {
        "form": form,
        "counted": counted,
        "left": sorted(counted.left.items(), key=lambda one: -one[1]),
        "address": address_of(kept(wanted)),
        "group": {name: sent.get(name) for name in OF_GROUP if sent.get(name)},
        "target": wanted["target"],
        "failure": wanted["failure"],
        "first": FIRST,
        "needed": NEEDED,
        "key": key_of(sent),
    }
    return render(request, "jobs/canary.html", facts, status=400 if begins else 200)


def _wanted(sent: QueryDict) -> Mapping[str, Any] | None:
    """Return the filters of the group's jobs; None where they cannot be read."""
    asked = GroupQuery(data={name: sent[name] for name in OF_GROUP if sent.get(name)})
    if not asked.is_valid():
        return None
    return {"state": list(CAN_RETRY), **asked.validated_data}


def _ids(wanted: Mapping[str, Any], by: AbstractBaseUser) -> tuple[int, int]:
    """Return the ids between which the jobs of the group are, so that no others are looked through: any where not all
    of them have been looked at."""
    since, until = wanted["finished_at_after"], wanted["finished_at_before"]
    queue, target, failure = wanted.get("queue"), wanted["target"], wanted["failure"]
    if since >= until:
        return NOWHERE
    found = failures(since, until, reach=reach_of(by), queue=queue, target=target)
    if found.cut:
        return ANYWHERE
    return next((one.ids for one in found.groups if one.marked and one.failure == failure), NOWHERE)


def _key(sent: QueryDict) -> str:
    """Return the key of what this form asks for: sent twice it begins one operation."""
    asked = [(name, sent.get(name)) for name in (*OF_GROUP, "per_minute")]
    return str(uuid.uuid5(uuid.UUID(key_of(sent)), repr(asked)))
