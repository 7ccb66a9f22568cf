"""`/queues/`: all queues, what is wrong first. Its address is all that it knows: what is looked for, order and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.urls import reverse
from rest_framework import serializers

from jobs.clock import clock
from jobs.forecast.soon import MOST_SOON
from jobs.models.querysets.within import is_narrow
from jobs.monitor import live_pages
from jobs.monitor.list_form import address, without
from jobs.monitor.live_pages import LiveList, LiveQuery, live_list, ways
from jobs.monitor.live_parts import Part
from jobs.monitor.overview import trends
from jobs.monitor.overview.past_page import past
from jobs.monitor.overview.tiles import of_gauges
from jobs.monitor.queue_pages import facts
from jobs.monitor.queue_pages.facts import HELD_LIMIT, QueueFacts
from jobs.permissions import PAUSE_LIMIT
from jobs.rights import Reach
from jobs.web.lists import ListPage

LIMITS = "limits"
ONLY = {"overdue": "overdue", "paused": "paused", "unserved": "no worker"}  # as the property, as the word
SORTS = {"wrong": "what is wrong first", "name": "by name", "due": "most due first", "oldest": "the oldest first"}


LIST = ListPage(
    "queues",
    {
        "queue": lambda one: one.name,
        "paused": lambda one: one.paused,
        "no_worker": lambda one: one.unserved,
        "due": lambda one: one.due,
        "overdue": lambda one: one.overdue,
        "oldest": lambda one: one.oldest,
        "next_hour": lambda one: one.coming,
        "held": lambda one: min(one.held, HELD_LIMIT),
        "more_held": lambda one: one.held > HELD_LIMIT,
        "running": lambda one: one.running,
        "slots": lambda one: one.slots,
        LIMITS: lambda one: one.rules.words if one.rules else "",
    },
)


class QueuesQuery(LiveQuery):
    """Query string of the page."""

    only = serializers.ChoiceField(
        required=False, choices=list(ONLY), error_messages={"invalid_choice": f"Give one of {', '.join(ONLY)}."}
    )
    sort = serializers.ChoiceField(
        required=False, choices=list(SORTS), error_messages={"invalid_choice": f"Give one of {', '.join(SORTS)}."}
    )


@dataclass(frozen=True)
class Listed:
    """Queues of one page of the list, and how many there are of each sort."""

    page: Page[QueueFacts]
    all: int
    of: Mapping[str, int]


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
        "pages": ways(query, found.page, here),
    }
    return Part("jobs/monitor/queues_live.html", context, (found.page.object_list, found.all, found.of, gauges))


def listed(queues: list[QueueFacts], wanted: Mapping[str, Any]) -> Listed:
    """Return those that are wanted, in the order that is wanted, a page of them."""
    named = _named(queues, wanted)
    counts = {name: sum(1 for one in named if _is(one, name)) for name in ONLY}
    page = Paginator(_fit(named, wanted), live_pages.A_PAGE).get_page(wanted.get("page", 1))
    return Listed(page, len(queues), counts)


def _rows(wanted: Mapping[str, Any], reach: Reach) -> list[QueueFacts]:
    queues = list(facts.latest(clock.current(), reach).by_name.values())
    return _fit(_named(queues, wanted), wanted)


def _named(queues: list[QueueFacts], wanted: Mapping[str, Any]) -> list[QueueFacts]:
    word = wanted.get("q", "").lower()
    return [one for one in queues if word in one.name.lower()]


def _fit(named: list[QueueFacts], wanted: Mapping[str, Any]) -> list[QueueFacts]:
    only = wanted.get("only")
    return sorted((one for one in named if only is None or _is(one, only)), key=_order(wanted.get("sort", "wrong")))


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


queue_list, queues_live = live_list(
    LiveList(
        what="queues",
        query=QueuesQuery,
        kept=("only", "sort"),
        listed=LIST,
        rows=_rows,
        without=lambda reach: () if reach.sees_limits else (LIMITS,),
        part=_part,
        past=partial(past, has_tiles=False),
        switches="may-pause",
        may_press=lambda request, _: request.user.has_perm(PAUSE_LIMIT),
    )
)
