"""`/?at=2026-11-30T09:00Z`: the overview, or queues, as they were. Nothing can be changed there."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobs.models.querysets.within import is_narrow
from jobs.monitor.overview import moments, trends
from jobs.monitor.overview.tiles import of_queues, tiles
from jobs.rights import Reach

TYPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)  # as a browser gives a time back, and takes it


def past(
    request: HttpRequest, now: datetime, reach: Reach, *, queue: str | None = None, has_tiles: bool = True
) -> HttpResponse:
    """Show the figures of the stretch that the moment is in, and those of the span before it, of one queue or of all;
    or say why there are none. The page of now is this one without its query."""
    found = asked_moment(request, now)
    if isinstance(found, HttpResponse):
        return found
    seen = trends.past(found.asked._replace(queue=queue), reach)
    facts = {
        **of_moment(found, now),
        "here": request.path,
        "queue": queue,
        "has_tiles": has_tiles,
        "tiles": tiles(seen, alerts=seen.alerts or 0, is_past=True) if has_tiles else [],
        "queues": sorted(of_queues(seen).items()),
        "was_sampled": seen.all.pending[-1] is not None,
        "is_narrow": is_narrow(reach),
    }
    return render(request, "jobs/monitor/past.html", facts)


def asked_moment(request: HttpRequest, now: datetime) -> moments.Moment | HttpResponse:
    """Return the moment of this address, or the answer that says why nothing can be shown of it."""
    text, zone = request.GET.get("at", ""), request.GET.get("zone", "")
    try:
        return moments.moment(text, zone, now, request.path)
    except moments.NoSuchPast as error:
        typed = {"at": text if TYPED.fullmatch(text) else "", "zone": zone[:100]}
        said = {"problem": str(error), "typed": typed, "here": request.path}
        return render(request, "jobs/monitor/past.html", said, status=400)


def of_moment(found: moments.Moment, now: datetime) -> dict[str, Any]:
    """Return what every page of the past says of its moment."""
    begin, end = found.stretch
    return {
        "found": found,
        "begin": begin,
        "end": end,
        "is_over": moments.is_over(found, now),
        "moves": [*moments.earlier(found), *moments.later(found, now)],
        "typed": {"at": found.typed, "zone": found.zone.key},
        "now": now,
    }
