"""Pages that look again by themselves: lists of what changes all the time, such as queues, and a page of one of it. An
address is all that they know; with `at` they show the past."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page
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
from jobs.permissions import VIEW_JOB, why_refused
from jobs.rights import Reach, reach_of
from jobs.web.appearance import shown as appearance
from jobs.web.lists import ListPage
from jobs.web.refused import refuse

A_PAGE = 50
LIST = "jobs/monitor/live_list.html"


class LiveQuery(PageQuery):
    """Query string of a list."""

    page_size = None  # type: ignore[assignment] # REST framework takes it away
    cursor = None  # type: ignore[assignment]
    format = None  # type: ignore[assignment]

    q = WordField(required=False, allow_blank=False)
    page = serializers.IntegerField(
        required=False, min_value=1, max_value=1_000, error_messages={"invalid": "Give the number of a page."}
    )
    at = WordField(required=False, allow_blank=False)
    zone = WordField(required=False, allow_blank=False)


@dataclass(frozen=True)
class LiveList:
    """List of things of a kind. `what` names them: the page's address is called so, and its changing part `what`-live.
    `kept` stays in the address for whoever searches; `listed` is taken out with these `rows`, and `without` columns
    that a reach does not see; `may_press` says whose page shows buttons, by the class in
    `switches`."""

    what: str
    query: type[LiveQuery]
    kept: tuple[str, ...]
    part: Callable[[QueryDict, Mapping[str, Any], Reach], Part]
    past: Callable[[HttpRequest, datetime, Reach], HttpResponse]
    switches: str
    may_press: Callable[[HttpRequest, Reach], bool]
    listed: ListPage
    rows: Callable[[Mapping[str, Any], Reach], Iterable[Any]]
    without: Callable[[Reach], Collection[str]] = lambda reach: ()


@dataclass(frozen=True)
class LiveOne:
    """Page of one thing, by its name; as above. `see` raises Http404 for a name of which nothing is shown."""

    what: str
    part: Callable[[str, Reach], Part]
    past: Callable[[HttpRequest, str, datetime, Reach], HttpResponse]
    switches: str
    may_press: Callable[[HttpRequest, str, Reach], bool]
    see: Callable[[str, Reach], None] = lambda name, reach: None
    template: str = "jobs/monitor/live_page.html"


def live_list(of: LiveList) -> tuple[Callable[..., HttpResponse], Callable[..., HttpResponse]]:
    """Return the views of this list and of its changing part, which answers 304 while nothing has happened."""

    def rendered(query: QueryDict, wanted: Mapping[str, Any], reach: Reach) -> CachedPage:
        name = f"{of.what}?{query.urlencode()}{reach.sees_limits}"
        return live_parts.rendered(name, reach, lambda: of.part(query, wanted, reach))

    @require_safe
    @page
    @of.listed
    @by_query(of.query, LIST, needs=VIEW_JOB, refused=lambda request, _: {"here": request.path, "what": of.what})
    def whole(request: HttpRequest, wanted: Mapping[str, Any]) -> HttpResponse:
        now, query, reach = clock.current(), without(request.GET), reach_of(request.user)
        if "at" in wanted:
            return of.listed.not_so(request, "at: only what is now is taken out.") or of.past(request, now, reach)
        shown = {
            **_facts(request, now),
            "what": of.what,
            "picture": rendered(query, wanted, reach),
            "live": address(reverse(f"{of.what}-live"), without(query, "zone"), zone=appearance.zone().key),
            "switches": of.switches if of.may_press(request, reach) else "",
            "q": wanted.get("q", ""),
            "kept": [(name, query[name]) for name in of.kept if name in query],
        }
        return of.listed.show(request, LIST, shown, lambda: of.rows(wanted, reach), without=of.without(reach))

    @require_safe
    def part(request: HttpRequest) -> HttpResponse:
        try:
            wanted = checked(request.GET, of.query)
        except serializers.ValidationError:
            wanted = {}
        query = without(request.GET, "at", "zone")
        return live_parts.answer(request, reverse(of.what), lambda reach: rendered(query, wanted, reach))

    return whole, part


def live_one(of: LiveOne) -> tuple[Callable[..., HttpResponse], Callable[..., HttpResponse]]:
    """Return the views of the page of one thing and of its changing part, as above."""

    def rendered(name: str, reach: Reach) -> CachedPage:
        of.see(name, reach)
        return live_parts.rendered(f"{of.what}/{name}/{reach.sees_limits}", reach, lambda: of.part(name, reach))

    @require_safe
    @page
    def whole(request: HttpRequest, name: str) -> HttpResponse:
        if not request.user.has_perm(VIEW_JOB):
            return refuse(request, why_refused(request.user, VIEW_JOB))
        now, reach = clock.current(), reach_of(request.user)
        if request.GET.get("at"):
            of.see(name, reach)
            return of.past(request, name, now, reach)
        shown = {
            **_facts(request, now),
            "what": of.what,
            "name": name,
            "picture": rendered(name, reach),
            "live": address(
                reverse(f"{of.what}-live", args=[name]), QueryDict(mutable=True), zone=appearance.zone().key
            ),
            "switches": of.switches if of.may_press(request, name, reach) else "",
        }
        return render(request, of.template, shown)

    @require_safe
    def part(request: HttpRequest, name: str) -> HttpResponse:
        return live_parts.answer(request, reverse(of.what, args=[name]), lambda reach: rendered(name, reach))

    return whole, part


def ways(query: QueryDict, shown: Page[Any], here: str) -> list[tuple[str, str]]:
    """Return the ways to the pages of a list beside this one."""
    found = []
    if shown.has_previous():
        found.append(("Previous", address(here, without(query, "page"), page=str(shown.previous_page_number()))))
    if shown.has_next():
        found.append(("Next", address(here, without(query, "page"), page=str(shown.next_page_number()))))
    return found


def _facts(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """Return what leads to the past of this page."""
    moves, typed = moments.back_from(now, request.path), moments.typed(now - trends.HOUR)
    return {"here": request.path, "moves": moves, "typed": typed}
