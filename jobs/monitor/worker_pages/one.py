"""`/workers/<name>/`: one worker, what it runs now, and its lives of the last hour."""

from __future__ import annotations

from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.clock import clock
from jobs.models import Attempt
from jobs.monitor import live_parts
from jobs.monitor.access import page
from jobs.monitor.cached_page import CachedPage
from jobs.monitor.live_parts import Part
from jobs.monitor.overview import moments, trends
from jobs.monitor.worker_pages import facts, hour, past
from jobs.monitor.workers import WorkerLine
from jobs.permissions import CONTROL_JOB, VIEW_JOB, why_refused
from jobs.rights import Reach, reach_of
from jobs.web.refused import refuse

MOST_RUNNING = 100


class Lives(NamedTuple):
    """Lives of the workers of one name, the one that counts first: those that are there before those that left."""

    now: WorkerLine
    before: tuple[WorkerLine, ...]


@require_safe
@page
def worker_page(request: HttpRequest, name: str) -> HttpResponse:
    """Show the worker as it is, or as it was `at` a moment."""
    if not request.user.has_perm(VIEW_JOB):
        return refuse(request, why_refused(request.user, VIEW_JOB))
    now, reach = clock.current(), reach_of(request.user)
    if request.GET.get("at"):
        return past.of_one(request, name, now, reach)
    shown = {
        "here": request.path,
        "moves": moments.back_from(now, request.path),
        "typed": moments.typed(now - trends.HOUR),
        "name": name,
        "picture": _rendered(name, reach),
        "may_drain": request.user.has_perm(CONTROL_JOB) and reach.is_whole,
    }
    return render(request, "jobs/monitor/worker.html", shown)


@require_safe
def worker_live(request: HttpRequest, name: str) -> HttpResponse:
    """The changing part of the page, 304 while nothing has happened."""
    return live_parts.answer(request, reverse("worker", args=[name]), lambda reach: _rendered(name, reach))


def lives(name: str, lines: tuple[WorkerLine, ...]) -> Lives:
    """Return those of this name. Raises Http404 where none was seen lately."""
    found = sorted(
        (line for line in lines if line.name == name),
        key=lambda line: (line.left_at is not None, -line.heartbeat_at.timestamp()),
    )
    if not found:
        raise Http404(f"No worker is called {name}, or it has left more than an hour ago.")
    return Lives(found[0], tuple(found[1:]))


def _rendered(name: str, reach: Reach) -> CachedPage:
    return live_parts.rendered(f"worker/{name}", reach, lambda: _part(name, reach))


def _part(name: str, reach: Reach) -> Part:
    """Ask what is in its slots, beside what is known of all workers."""
    now = clock.current()
    found = lives(name, facts.latest(now, reach))
    starts = list(Attempt.objects.within(reach).running_on([found.now.session], MOST_RUNNING)) if found.now.busy else []
    context = {
        "now": now,
        "worker": found.now,
        "before": found.before,
        "tiles": hour.tiles_of((found.now, *found.before), now),
        "running": starts,
        "others": max(found.now.busy - len(starts), 0),
    }
    stays = [(one.pk, one.job.cancel_requested_at, one.progress) for one in starts]
    return Part("jobs/monitor/worker_live.html", context, (found, stays))
