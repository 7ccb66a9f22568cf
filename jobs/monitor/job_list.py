"""`/jobs/`: the jobs that a person sees, by the filters of REST's list. Its address is all that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from rest_framework import serializers

from jobs.api.filters import BoundField
from jobs.api.listing import ListQuery, as_filters, checked
from jobs.api.paging import BIGGEST_ID
from jobs.clock import clock
from jobs.models import Job, SavedView
from jobs.models.querysets import overviews
from jobs.models.querysets.looks import Look, Page, look
from jobs.monitor.access import page
from jobs.monitor.list_form import WHERE, Form, address, sentences, state_links, without
from jobs.permissions import CONTROL_JOB
from jobs.rights import Reach, reach_of
from jobs.rules.finding import address_of, kept, matching, narrow, ways
from jobs.states import State
from jobs.web.operations import ACTIONS

SIZES = (25, 50, 100, 500)
SIZE = 50
VIEWS = 12  # that are shown above the list
FURTHEST = 100_000  # jobs before a page
DELAY = "delay"


class UtcField(BoundField):
    """An end of a range, in UTC where it names no zone: the page shows all times in UTC."""

    def in_zone(self, moment: datetime) -> datetime:
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class PageQuery(ListQuery):
    """The query string of the page. An empty value is no filter."""

    run_at_after = UtcField(required=False)
    run_at_before = UtcField(required=False)
    created_at_after = UtcField(required=False)
    created_at_before = UtcField(required=False)
    finished_at_after = UtcField(required=False)
    finished_at_before = UtcField(required=False)
    sort = serializers.ChoiceField(
        required=False,
        choices=["newest", DELAY],
        error_messages={"invalid_choice": "The list is sorted by newest or by delay."},
    )
    page_size = serializers.ChoiceField(  # type: ignore[assignment]
        required=False,
        choices=SIZES,
        error_messages={"invalid_choice": "A page has 25, 50, 100 or 500 jobs; choose one of these."},
    )
    start = serializers.IntegerField(required=False, min_value=0, max_value=FURTHEST)
    before = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    cursor = None  # type: ignore[assignment]
    format = None  # type: ignore[assignment]
    history = None  # type: ignore[assignment]


class Row(NamedTuple):
    """A job of the list. `delay_ms`: of its start; of one that `waits`, how long it has been due."""

    job: Job
    delay_ms: float | None
    waits: bool


@require_safe
@page
def job_list(request: HttpRequest) -> HttpResponse:
    """Show a page of the jobs that this person sees and asks for, and say where it did not look."""
    if any(value == "" for _, values in request.GET.lists() for value in values):
        return redirect(address(request.path, without(request.GET)))
    reach, now = reach_of(request.user), clock.current()
    form = Form(request.GET, reach)
    try:
        wanted = checked(request.GET, PageQuery, now)
    except serializers.ValidationError as error:
        problems = sentences(error)
        shown = {"form": form.refused(problems, getattr(error, "problems", ())), "reach": reach, "problems": problems}
        return render(request, "jobs/monitor/jobs.html", shown, status=400)
    query, _ = as_filters(request.GET)
    if query != request.GET:  # a text was typed: the address says each of its filters by itself
        return redirect(address(request.path, query))
    seen = _looked(wanted, reach, now)
    facts = {
        "form": form,
        "reach": reach,
        "now": now,
        "rows": [_row(job, now) for job in seen.jobs],
        "look": seen,
        "is_by_delay": wanted.get("sort") == DELAY,
        "is_by_time": seen.among != "ids" and bool(ways(wanted)),
        "is_newest": not request.GET.keys() & set(WHERE),
        "looked_at": overviews.LOOK,
        "count_limit": overviews.COUNT_LIMIT,
        "actions": ACTIONS if request.user.has_perm(CONTROL_JOB) else (),
        "filter": address_of(kept(wanted)),
        "back": request.GET.urlencode(),
        "here": query.urlencode(safe=":,"),
        "states": state_links(request.GET, wanted.get("state") or ()),
        "views": SavedView.objects.seen_by(request.user).order_by("name", "id")[:VIEWS],
        **_links(request.GET, wanted, seen),
    }
    return render(request, "jobs/monitor/jobs.html", facts)


def _looked(wanted: Mapping[str, Any], reach: Reach, now: datetime) -> Look:
    found = matching(Job.objects.all(), wanted, now, by_index=False).within(reach)
    by_delay_at = now if wanted.get("sort") == DELAY else None
    part = Page(wanted.get("page_size", SIZE), wanted.get("start", 0), wanted.get("before"), by_delay_at)
    return look(found, narrow(wanted, reach, now), ways(wanted), part)


def _row(job: Job, now: datetime) -> Row:
    waits = job.state == State.PENDING and not job.holds and job.due < now
    return Row(job, (now - job.due).total_seconds() * 1000 if waits else job.delay_ms, waits)


def _links(query: QueryDict, wanted: Mapping[str, Any], seen: Look) -> dict[str, str]:
    """Return the addresses of the pages around this one, relative to it; empty where there is none."""
    size, start = wanted.get("page_size", SIZE), wanted.get("start", 0)
    here = {"before": str(seen.before)}
    beside = {
        "next_page": {**here, "start": str(start + size)} if seen.more else None,
        "previous_page": {**here, "start": str(start - size)} if start > size else here if start else None,
        "further": seen.further or None,
        "newer": seen.newer,
        "newest": {},
        "by_delay": {"sort": DELAY},
        "by_newest": {"sort": "newest"},
    }
    return {
        name: "" if part is None else address("", without(query, *WHERE, *part), **part)
        for name, part in beside.items()
    }
