"""`/late/`: what started late, what did not start at all, by which causes; by span, cause, schedule, queue, target."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from rest_framework import serializers

from jobs.api.filters import WordField
from jobs.api.listing import PageQuery
from jobs.api.paging import BIGGEST_ID
from jobs.clock import clock
from jobs.conf import conf
from jobs.lateness import LateCause
from jobs.models.querysets import OVERDUE_AFTER
from jobs.models.querysets.late import LOOKED_AT
from jobs.monitor import late_found
from jobs.monitor.access import page
from jobs.monitor.by_query import by_query
from jobs.monitor.list_form import address, without
from jobs.permissions import VIEW_JOB
from jobs.rights import reach_of
from jobs.states import Cause
from jobs.web.lists import ListPage
from jobs.web.lookback import SPANS, USUAL

SPAN_WORDS = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days"}
ROWS = 100  # of each table
MOST_SHARES = 8
FILTERS = {"late": "Late", "missed": "Missed", "schedule": "Schedule", "queue": "Queue", "target": "Target"}


LIST = ListPage(
    "late",
    {
        "is": lambda line: "late" if line.is_late else "missed",
        "job": lambda line: line.job and line.job.pk,
        "name": lambda line: line.job and line.job.name,
        "target": lambda line: line.target,
        "schedule": lambda line: line.schedule and line.schedule.name,
        "was_to_start": lambda line: line.at,
        "until": lambda line: line.until,
        "times": lambda line: line.times,
        "late_ms": lambda line: line.late_ms if line.is_late else None,
        "cause": lambda line: line.words,
        "why": lambda line: line.why,
        "queue": lambda line: line.queue,
    },
)


class LateQuery(PageQuery):
    """The query string of the page. An empty value is no filter."""

    page_size = None  # type: ignore[assignment] # REST framework takes it away
    cursor = None  # type: ignore[assignment]
    format = None  # type: ignore[assignment]

    span = serializers.ChoiceField(
        required=False, choices=list(SPANS), error_messages={"invalid_choice": f"Give one of {', '.join(SPANS)}."}
    )
    late = serializers.ChoiceField(
        required=False,
        choices=LateCause.values,
        error_messages={"invalid_choice": f"Give one of {', '.join(LateCause.values)}."},
    )
    missed = serializers.ChoiceField(
        required=False,
        choices=Cause.values,
        error_messages={"invalid_choice": f"Give one of {', '.join(Cause.values)}."},
    )
    queue = WordField(required=False, allow_blank=False)
    target = WordField(required=False, allow_blank=False)
    schedule = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; give the id of a schedule."},
    )


class Chip(NamedTuple):
    """An active filter, and the address of the page without it."""

    text: str
    without: str


@require_safe
@page
@LIST
@by_query(
    LateQuery,
    "jobs/monitor/late.html",
    needs=VIEW_JOB,
    refused=lambda request, problems: {"spans": _spans(request, "")},
)
def late(request: HttpRequest, wanted: Mapping[str, Any]) -> HttpResponse:
    """Show what was late and what was missed in the span, as far as this person sees it, and what was not looked at."""
    span, now, reach = wanted.get("span", USUAL), clock.current(), reach_of(request.user)
    since = now - SPANS[span]
    found = late_found.find(wanted, since, now, reach)
    facts = {
        "found": found,
        "now": now,
        "since": since,
        "span": SPAN_WORDS[span],
        "spans": _spans(request, span),
        "chips": [
            Chip(f"{text}: {wanted[name]}", address(request.path, without(request.GET, name)))
            for name, text in FILTERS.items()
            if name in wanted
        ],
        "bars": late_found.bars(found, since, now),
        "width": 10 * late_found.BUCKETS,
        "late_count": len(found.late),
        "missed_count": sum(line.times for line in found.missed),
        "late_shares": _shares(request, found.late, "late"),
        "missed_shares": _shares(request, found.missed, "missed"),
        "late_rows": found.late[:ROWS],
        "missed_rows": found.missed[:ROWS],
        "rows": ROWS,
        "most": late_found.MOST,
        "looked_at": LOOKED_AT,
        "is_short": found.back_to > since,
        "hot_days": conf().hot_days,
        "beyond_hot": SPANS[span] > timedelta(days=conf().hot_days),
        "objective": OVERDUE_AFTER.total_seconds(),
        "reach": reach,
    }
    return LIST.show(request, "jobs/monitor/late.html", facts, lambda: [*found.late, *found.missed])


def _spans(request: HttpRequest, chosen: str) -> list[tuple[str, str, bool]]:
    """Return the spans that can be chosen: words, address, whether it is the one."""
    query = without(request.GET, "span")
    return [(SPAN_WORDS[name], address(request.path, query, span=name), name == chosen) for name in SPANS]


def _shares(request: HttpRequest, lines: list[late_found.Line], kind: str) -> list[tuple[str, list[tuple[Any, str]]]]:
    """Return how many there are by cause, schedule, queue and target, each with the address of the page of it alone."""
    shown = []
    for by, counted in late_found.shares(lines, MOST_SHARES).items():
        name = kind if by == "cause" else by
        rows = [
            (share, address(request.path, without(request.GET, name), **{name: share.value}) if share.value else "")
            for share in counted
        ]
        if rows:
            shown.append((by.capitalize(), rows))
    return shown
