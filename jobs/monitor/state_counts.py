"""Counts of the states beside the list of jobs: what its filter would find if it named another state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework import serializers

from jobs.api.listing import checked
from jobs.clock import clock
from jobs.models import Job
from jobs.models.querysets import FEW, overviews
from jobs.models.querysets.looks import Page, look, states_looked_at
from jobs.monitor.access import page
from jobs.monitor.job_list import PageQuery
from jobs.monitor.list_form import WHERE, state_links
from jobs.rights import Reach, reach_of
from jobs.rules.finding import matching, narrow, ways
from jobs.states import State


@require_safe
@page
def state_counts(request: HttpRequest) -> HttpResponse:
    """Return the counts that the list of jobs loads beside its table, for the filter that it has."""
    reach, now = reach_of(request.user), clock.current()
    try:
        wanted = checked(request.GET, PageQuery, now)
    except serializers.ValidationError:  # which the list itself tells
        return HttpResponse(status=400)
    counts = [
        link._replace(jobs=count)
        for link, count in zip(
            state_links(request.GET, wanted.get("state") or ()), _counts(wanted, reach, now), strict=True
        )
    ]
    facts = {"states": counts, "limit": overviews.COUNT_LIMIT, "looked_at": overviews.LOOK}
    return render(request, "jobs/monitor/state_counts.html", facts)


def _counts(wanted: Mapping[str, Any], reach: Reach, now: datetime) -> Iterator[int]:
    """Yield the count of each state. Those of which there are few are found however old, as the list finds them; the
    others among what the list would look at without a state."""
    free = {name: value for name, value in wanted.items() if name not in ("state", *WHERE)}
    found = matching(Job.objects.all(), free, now, by_index=False).within(reach)
    among = states_looked_at(found, narrow(free, reach, now), ways(free), None)
    for state in State:
        count = _few(state, free, reach, now) if state in FEW else among[state]
        yield min(count, overviews.COUNT_LIMIT + 1)


def _few(state: State, free: Mapping[str, Any], reach: Reach, now: datetime) -> int:
    asked = {**free, "state": [state]}
    found = matching(Job.objects.all(), asked, now, by_index=False).within(reach)
    return look(found, narrow(asked, reach, now), ways(asked), Page(0)).count
