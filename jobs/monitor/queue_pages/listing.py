"""`/queues/`: all queues, what is wrong first. Its address is all that it knows: what is looked for, order and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from jobs.forecast.soon import MOST_SOON
from jobs.models.querysets.within import is_narrow
from jobs.monitor import live_parts
from jobs.monitor.access import page
from jobs.monitor.by_query import by_query
from jobs.monitor.cached_page import CachedPage
from jobs.monitor.list_form import address, without
from jobs.monitor.live_parts import Part
from jobs.monitor.overview import moments, trends
from jobs.monitor.overview.past_page import past
from jobs.monitor.overview.tiles import of_gauges
from jobs.monitor.queue_pages import facts
from jobs.monitor.queue_pages.facts import HELD_LIMIT, QueueFacts
from jobs.permissions import VIEW_JOB
from jobs.rights import Reach, reach_of
from jobs.web.appearance import shown as appearance

A_PAGE = 50
ONLY = {"overdue": "overdue", "paused": "paused", "unserved": "no worker"}  # as the property, as the word
SORTS = {"wrong": "what is wrong first", "name": "by name", "due": "most due first", "oldest": "the oldest first"}


class QueuesQuery(PageQuery):
    """Query string of the page."""

    page_size = None  # type: ignore[assignment] # REST framework takes it away
    cursor = None  # type: ignore[assignment]
    format = None  # type: ignore[assignment]

    q = WordField(required=False, allow_blank=False)
    only = serializers.ChoiceField(
        required=False, choices=list(ONLY), error_messages={"invalid_choice": f"Give one of {', '.join(ONLY)}."}
    )
    sort = serializers.ChoiceField(
        required=False, choices=list(SORTS), error_messages={"invalid_choice": f"Give one of {', '.join(SORTS)}."}
    )
    page = serializers.IntegerField(
        required=False, min_value=1, max_value=1_000, error_messages={"invalid": "Give the number of a page."}
    )
    at = WordField(required=False, allow_blank=False)
    zone = WordField(required=False, allow_blank=False)


@dataclass(frozen=True)
class Listed:
    """Queues of one page of the list, and how many there are of each sort."""

    page: Page[QueueFacts]
    all: int
    of: Mapping[str, int]


@require_safe
@page
@by_query(
    QueuesQuery, "jobs/monitor/queues.html", needs=VIEW_JOB, refused=lambda request, problems: {"here": request.path}
)
def queue_list(request: HttpRequest, wanted: Mapping[str, Any]) -> HttpResponse:
    """Show all queues that this person sees, as they are or as they were `at` a moment."""
    now, reach = clock.current(), reach_of(request.user)
    if "at" in wanted:
        return past(request, now, reach, has_tiles=False)
    query = without(request.GET)
    shown = {
        "picture": _rendered(query, wanted, reach),
        "live": address(reverse("queues-live"), without(query, "zone"), zone=appearance.zone().key),
        "q": wanted.get("q", ""),
        "kept": [(name, query[name]) for name in ("only", "sort") if name in query],
        "here": request.path,
        "moves": moments.back_from(now, request.path),
        "typed": moments.typed(now - trends.HOUR),
    }
    return render(request, "jobs/monitor/queues.html", shown)


@require_safe
def queues_live(request: HttpRequest) -> HttpResponse:
    """The changing part of the list, 304 while nothing has happened."""
    try:
        wanted = checked(request.GET, QueuesQuery)
    except serializers.ValidationError:
        wanted = {}
    query = without(request.GET, "at", "zone")
    return live_parts.answer(request, reverse("queues"), lambda reach: _rendered(query, wanted, reach))


def _rendered(query: QueryDict, wanted: Mapping[str, Any], reach: Reach) -> CachedPage:
    name = f"queues?{query.urlencode()}{reach.sees_limits}"
    return live_parts.rendered(name, reach, lambda: _part(query, wanted, reach))


def _part(query: QueryDict, wanted: Mapping[str, Any], reach: Reach) -> Part:
    now, here = clock.current(), reverse("queues")
    seen = facts.latest(now, reach)
    found = listed(list(seen.by_name.values()), wanted)
    gauges = trends.gauges_of([one.name for one in found.page], now, reach) if found.page else {}
    context = {
        "now": now,
        "found": found,
        "charts": of_gauges(trends.last_hour(now), gauges),
        "held_limit": HELD_LIMIT,
        "is_cut": seen.is_cut,
        "most": MOST_SOON,
        "is_narrow": is_narrow(reach),
        "sees_limits": reach.sees_limits,
        "q": wanted.get("q", ""),
        "only": wanted.get("only", ""),
        "filters": [
            (
                words,
                found.of[name],
                address(here, without(query, "page", "only"), only=name),
                wanted.get("only") == name,
            )
            for name, words in ONLY.items()
        ],
        "everything": address(here, without(query, "page", "only", "q")),
        "sorts": [
            (words, address(here, without(query, "page", "sort"), sort=name), wanted.get("sort", "wrong") == name)
            for name, words in SORTS.items()
        ],
        "pages": _pages(query, found.page, here),
    }
    return Part("jobs/monitor/queues_live.html", context, (found.page.object_list, found.all, found.of, gauges))


def listed(queues: list[QueueFacts], wanted: Mapping[str, Any]) -> Listed:
    """Return those that are wanted, in the order that is wanted, a page of them."""
    word = wanted.get("q", "").lower()
    fit = [one for one in queues if word in one.name.lower()]
    counts = {name: sum(1 for one in fit if _is(one, name)) for name in ONLY}
    if only := wanted.get("only"):
        fit = [one for one in fit if _is(one, only)]
    fit.sort(key=_order(wanted.get("sort", "wrong")))
    return Listed(Paginator(fit, A_PAGE).get_page(wanted.get("page", 1)), len(queues), counts)


def _is(one: QueueFacts, name: str) -> bool:
    return bool(getattr(one, name))


def _order(sort: str) -> Any:
    """Return the key by which queues are sorted; those that are alike by name."""
    if sort == "name":
        return lambda one: one.name
    if sort == "due":
        return lambda one: (-one.due, one.name)
    if sort == "oldest":
        return lambda one: (one.oldest is None, one.oldest or 0, one.name)
    return lambda one: (one.trouble, -one.overdue, one.name)


def _pages(query: QueryDict, shown: Page[QueueFacts], here: str) -> list[tuple[str, str]]:
    """Return the ways to the pages beside this one."""
    found = []
    if shown.has_previous():
        found.append(("Previous", address(here, without(query, "page"), page=str(shown.previous_page_number()))))
    if shown.has_next():
        found.append(("Next", address(here, without(query, "page"), page=str(shown.next_page_number()))))
    return found
