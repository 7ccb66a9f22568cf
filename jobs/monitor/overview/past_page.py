"""`/?at=2026-11-30T09:00Z`: the overview and its queues as they were. Nothing can be changed there."""

from __future__ import annotations

import re
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobs.models.querysets.within import is_narrow
from jobs.monitor.overview import moments, trends
from jobs.monitor.overview.tiles import of_queues, tiles
from jobs.rights import Reach

TYPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)  # as a browser gives a time back, and takes it


def past(request: HttpRequest, now: datetime, reach: Reach) -> HttpResponse:
    """Show the figures of the stretch that the moment is in, and those of the span before it; or say why there are
    none."""
    text, zone = request.GET.get("at", ""), request.GET.get("zone", "")
    try:
        found = moments.moment(text, zone, now)
    except moments.NoSuchPast as error:
        typed = {"at": text if TYPED.fullmatch(text) else "", "zone": zone[:100]}
        return render(request, "jobs/monitor/past.html", {"problem": str(error), "typed": typed}, status=400)
    seen = trends.past(found.asked, reach)
    begin, end = found.stretch
    facts = {
        "found": found,
        "begin": begin,
        "end": end,
        "is_over": moments.is_over(found, now),
        "moves": [*moments.earlier(found), *moments.later(found, now)],
        "typed": {"at": found.typed, "zone": found.zone.key},
        "now": now,
        "tiles": tiles(seen, alerts=seen.alerts or 0, is_past=True),
        "queues": sorted(of_queues(seen).items()),
        "was_sampled": seen.all.pending[-1] is not None,
        "is_narrow": is_narrow(reach),
    }
    return render(request, "jobs/monitor/past.html", facts)
