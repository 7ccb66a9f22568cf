"""`/calendar/`: days by hours, what has started and what is planned, each hour with the way to its jobs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework import serializers

from jobs.api.filters import WordField
from jobs.api.listing import PageQuery
from jobs.clock import clock
from jobs.forecast.hours import AHEAD, HOUR, hour_of, planned
from jobs.models.rollups import series
from jobs.models.rollups.removing import KEPT
from jobs.models.rollups.series import Point
from jobs.monitor.access import page
from jobs.monitor.by_query import by_query, in_form
from jobs.monitor.list_form import Field, Form, address, without
from jobs.permissions import VIEW_JOB
from jobs.rights import Reach, reach_of

DAYS = 14  # that are shown
BACK = timedelta(days=7)  # of them before today
DEGREES = (1, 10, 100, 1_000, 10_000)  # from which number of runs on an hour is darker
LONGEST = max(KEPT.values())
A_DAY = "This is not a day; write it like 2026-12-31."


class CalendarQuery(PageQuery):
    """Query string of the page."""

    page_size = None  # type: ignore[assignment]
    cursor = None  # type: ignore[assignment]
    format = None  # type: ignore[assignment]
    queue = WordField(required=False, allow_blank=False)
    day = serializers.DateField(required=False, error_messages={"invalid": A_DAY, "datetime": A_DAY})


class CalendarForm(Form):
    """Filters of the calendar as a form."""

    labels: ClassVar[Mapping[str, str]] = {"queue": "Queue", "day": "First day"}

    @cached_property
    def fields(self) -> list[Field]:
        return [self._typed("queue", self._queues()), self._typed("day", kind="date")]


class Cell(NamedTuple):
    """An hour. `runs`: what has started and what is planned; `degree`: how dark it is; `jobs`: where they are."""

    begin: datetime
    runs: int
    failed: int
    short: str
    degree: int
    jobs: str
    is_now: bool
    is_planned: bool
    is_known: bool


@require_safe
@page
@by_query(CalendarQuery, "jobs/monitor/calendar.html", needs=VIEW_JOB, refused=in_form(CalendarForm))
def calendar_page(request: HttpRequest, wanted: Mapping[str, Any]) -> HttpResponse:
    """Show two weeks by hours, of what this person sees."""
    reach, now = reach_of(request.user), clock.current()
    form = CalendarForm(request.GET, reach)
    today = now.astimezone(UTC).date()
    day = min(max(wanted.get("day", today - BACK), today - LONGEST), today)
    queue = wanted.get("queue")
    ahead = planned(now=now, within=reach, queue=queue)
    past = _past(day, now, reach, queue)
    rows = [
        (one, [_cell(_at(one, hour), now, past, ahead.by_hour, queue) for hour in range(24)])
        for one in (day + timedelta(days=n) for n in range(DAYS))
    ]
    cells = [cell for _, its in rows for cell in its]
    facts = {
        "form": form,
        "reach": reach,
        "now": now,
        "rows": rows,
        "hours": range(24),
        "today": today,
        "started": sum(point.starts for point in past.values()),
        "planned": sum(cell.runs for cell in cells if cell.is_planned),
        "failed": sum(cell.failed for cell in cells),
        "ahead": ahead,
        "earlier": _shifted(request, day - BACK),
        "later": _shifted(request, day + BACK) if day + BACK <= today else "",
    }
    return render(request, "jobs/monitor/calendar.html", facts)


def _past(day: date, now: datetime, reach: Reach, queue: str | None) -> dict[datetime, Point]:
    asked = series.span(
        since=_at(day, 0), until=min(now, _at(day, 0) + timedelta(days=DAYS)), now=now, step=3600, queue=queue
    )
    return {point.at.astimezone(UTC): point for point in series.points(asked, within=reach)}


def _cell(
    begin: datetime, now: datetime, past: Mapping[datetime, Point], ahead: Mapping[datetime, int], queue: str | None
) -> Cell:
    point = past.get(begin)
    coming = ahead.get(begin, 0)
    runs = coming + (point.starts if point else 0)
    which = {"run_at_after": begin.isoformat(), "run_at_before": (begin + HOUR).isoformat()}
    jobs = urlencode({**({"queue": queue} if queue is not None else {}), **which}, safe=":,")
    return Cell(
        begin=begin,
        runs=runs,
        failed=point.failed + point.interrupted if point else 0,
        short=short(runs),
        degree=bisect_right(DEGREES, runs),
        jobs=f"{reverse('jobs')}?{jobs}",
        is_now=begin == hour_of(now),
        is_planned=begin > now,
        is_known=begin < now + AHEAD,
    )


def short(number: int) -> str:
    """Say a number in four characters: 999, 1.2k, 12k, 3M; nothing for none."""
    if not number:
        return ""
    for unit, size in (("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)):
        if number >= size:
            tenths = number * 10 // size
            return f"{tenths / 10:g}{unit}" if tenths < 100 else f"{tenths // 10}{unit}"  # rounded down
    return str(number)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)


def _shifted(request: HttpRequest, day: date) -> str:
    return address("", without(request.GET, "day"), day=day.isoformat())
