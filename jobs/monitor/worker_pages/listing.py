"""`/workers/`: all workers, what is wrong first. Its address is all that it knows: what is looked for, and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework import serializers

from jobs.api.filters import WordField
from jobs.api.listing import PageQuery, checked
from jobs.clock import clock
from jobs.monitor import live_parts
from jobs.monitor.access import page
from jobs.monitor.by_query import by_query
from jobs.monitor.cached_page import CachedPage
from jobs.monitor.list_form import address, without
from jobs.monitor.live_parts import Part
from jobs.monitor.overview import moments, trends
from jobs.monitor.worker_pages import facts, hour, past
from jobs.monitor.workers import WorkerLine
from jobs.permissions import CONTROL_JOB, VIEW_JOB
from jobs.rights import Reach, reach_of
from jobs.web.appearance import shown as appearance

A_PAGE = 50
LOOKS = ("alive", "silent", "full", "drained", "gone", "stopped")


class WorkersQuery(PageQuery):
    """Query string of the page."""

    page_size = None  # type: ignore[assignment] # REST framework takes it away
    cursor = None  # type: ignore[assignment]
    format = None  # type: ignore[assignment]

    q = WordField(required=False, allow_blank=False)
    queue = WordField(required=False, allow_blank=False)
    look = serializers.ChoiceField(
        required=False, choices=LOOKS, error_messages={"invalid_choice": f"Give one of {', '.join(LOOKS)}."}
    )
    at = WordField(required=False, allow_blank=False)
    zone = WordField(required=False, allow_blank=False)
    page = serializers.IntegerField(
        required=False, min_value=1, max_value=1_000, error_messages={"invalid": "Give the number of a page."}
    )


@require_safe
@page
@by_query(
    WorkersQuery, "jobs/monitor/workers.html", needs=VIEW_JOB, refused=lambda request, problems: {"here": request.path}
)
def worker_list(request: HttpRequest, wanted: Mapping[str, Any]) -> HttpResponse:
    """Show all workers, as they are, or who was there `at` a moment."""
    now, query, reach = clock.current(), without(request.GET), reach_of(request.user)
    if "at" in wanted:
        return past.of_all(request, now, reach)
    shown = {
        "moves": moments.back_from(now, request.path),
        "typed": moments.typed(now - trends.HOUR),
        "picture": _rendered(query, wanted, reach),
        "live": address(reverse("workers-live"), without(query, "zone"), zone=appearance.zone().key),
        "may_drain": request.user.has_perm(CONTROL_JOB) and reach.is_whole,
        "q": wanted.get("q", ""),
        "kept": [(name, query[name]) for name in ("look", "queue") if name in query],
        "here": request.path,
    }
    return render(request, "jobs/monitor/workers.html", shown)


@require_safe
def workers_live(request: HttpRequest) -> HttpResponse:
    """The changing part of the list, 304 while nothing has happened."""
    try:
        wanted = checked(request.GET, WorkersQuery)
    except serializers.ValidationError:
        wanted = {}
    query = without(request.GET, "at", "zone")
    return live_parts.answer(request, reverse("workers"), lambda reach: _rendered(query, wanted, reach))


def _rendered(query: QueryDict, wanted: Mapping[str, Any], reach: Reach) -> CachedPage:
    return live_parts.rendered(f"workers?{query.urlencode()}", reach, lambda: _part(query, wanted, reach))


def _part(query: QueryDict, wanted: Mapping[str, Any], reach: Reach) -> Part:
    now, here = clock.current(), reverse("workers")
    lines = facts.latest(now, reach)
    word, queue = wanted.get("q", "").lower(), wanted.get("queue")
    fit = [one for one in lines if word in one.name.lower() and (queue is None or queue in one.queues)]
    counts = {look: sum(1 for one in fit if one.look == look) for look in LOOKS}
    if look := wanted.get("look"):
        fit = [one for one in fit if one.look == look]
    shown = Paginator(fit, A_PAGE).get_page(wanted.get("page", 1))
    taking = [one for one in lines if one.takes]
    context = {
        "now": now,
        "shown": shown,
        "all": len(lines),
        "slots": sum(one.slots for one in taking),
        "busy": sum(one.busy for one in taking),
        "q": wanted.get("q", ""),
        "queue": queue,
        "look": look,
        "filters": [
            (name, counts[name], address(here, without(query, "page", "look"), look=name), look == name)
            for name in LOOKS
            if counts[name] or look == name
        ],
        "everything": here,
        "charts": {one.session: chart for one in shown if (chart := hour.use_of(one, now)) is not None},
        "pages": pages(query, shown, here),
    }
    return Part("jobs/monitor/workers_live.html", context, (shown.object_list, len(lines), counts))


def pages(query: QueryDict, shown: Page[WorkerLine], here: str) -> list[tuple[str, str]]:
    """Return the ways to the pages beside this one."""
    found = []
    if shown.has_previous():
        found.append(("Previous", address(here, without(query, "page"), page=str(shown.previous_page_number()))))
    if shown.has_next():
        found.append(("Next", address(here, without(query, "page"), page=str(shown.next_page_number()))))
    return found
