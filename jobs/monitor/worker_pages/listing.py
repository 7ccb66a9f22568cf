"""`/workers/`: all workers, what is wrong first. Its address is all that it knows: what is looked for, and the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse
from rest_framework import serializers

from jobs.api.filters import WordField
from jobs.clock import clock
from jobs.monitor import live_pages
from jobs.monitor.list_form import address, without
from jobs.monitor.live_pages import LiveList, LiveQuery, live_list, ways
from jobs.monitor.live_parts import Part
from jobs.monitor.worker_pages import facts, hour, past
from jobs.monitor.workers import WorkerLine
from jobs.permissions import CONTROL_JOB
from jobs.rights import Reach
from jobs.web.lists import ListPage

LOOKS = ("alive", "silent", "full", "drained", "gone", "stopped")


LIST = ListPage(
    "workers",
    {
        "worker": lambda one: one.name,
        "state": lambda one: one.look,
        "why": lambda one: None if one.left_at else one.refusing,
        "left": lambda one: one.left_at,
        "busy": lambda one: one.busy,
        "slots": lambda one: one.slots,
        "heartbeat": lambda one: one.heartbeat_at,
        "cpu_percent": lambda one: one.reading.cpu,
        "memory_percent": lambda one: one.reading.memory,
        "load": lambda one: one.reading.load,
        "gpu_percent": lambda one: one.reading.gpu,
        "clock_ms": lambda one: one.offset_ms,
        "waiting": lambda one: None if one.left_at else one.waiting,
        "pool": lambda one: one.pool,
        "queues": lambda one: one.queues,
    },
)


class WorkersQuery(LiveQuery):
    """Query string of the page."""

    queue = WordField(required=False, allow_blank=False)
    look = serializers.ChoiceField(
        required=False, choices=LOOKS, error_messages={"invalid_choice": f"Give one of {', '.join(LOOKS)}."}
    )


def _part(query: QueryDict, wanted: Mapping[str, Any], reach: Reach) -> Part:
    now, here = clock.current(), reverse("workers")
    lines = facts.latest(now, reach)
    named, look, queue = _named(lines, wanted), wanted.get("look"), wanted.get("queue")
    counts = {look: sum(1 for one in named if one.look == look) for look in LOOKS}
    shown = Paginator(_fit(named, wanted), live_pages.A_PAGE).get_page(wanted.get("page", 1))
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
        "pages": ways(query, shown, here),
    }
    return Part("jobs/monitor/workers_live.html", context, (shown.object_list, len(lines), counts))


def _rows(wanted: Mapping[str, Any], reach: Reach) -> list[WorkerLine]:
    return _fit(_named(facts.latest(clock.current(), reach), wanted), wanted)


def _named(lines: Iterable[WorkerLine], wanted: Mapping[str, Any]) -> list[WorkerLine]:
    word, queue = wanted.get("q", "").lower(), wanted.get("queue")
    return [one for one in lines if word in one.name.lower() and (queue is None or queue in one.queues)]


def _fit(named: list[WorkerLine], wanted: Mapping[str, Any]) -> list[WorkerLine]:
    return [one for one in named if wanted.get("look") in (None, one.look)]


worker_list, workers_live = live_list(
    LiveList(
        what="workers",
        query=WorkersQuery,
        kept=("look", "queue"),
        listed=LIST,
        rows=_rows,
        part=_part,
        past=past.of_all,
        switches="may-drain",
        may_press=lambda request, reach: request.user.has_perm(CONTROL_JOB) and reach.is_whole,
    )
)
