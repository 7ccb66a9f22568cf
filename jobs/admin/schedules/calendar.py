"""Calendar of all schedules: a month by days or a week by hours, what ran, what was missed and what is to come."""

from __future__ import annotations

from bisect import bisect_right
from calendar import Calendar as Weeks
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.admin.filters import shift
from jobs.admin.within import reach_in
from jobs.clock import clock
from jobs.models import Schedule
from jobs.models.querysets.through_time import COUNT_LIMIT, counted
from jobs.recurrence import BadExpression
from jobs.rights import Reach
from jobs.transitions.schedules.nominal import times_after
from jobs.web import parsing
from jobs.web.parsing import Unreadable

SCHEDULES = 200  # whose times are reckoned with; of the others only the next run is counted
TIMES = 40_000  # that are reckoned with in all
TIMES_OF_ONE = 4_000
OF_AN_HOUR = 1_000  # rows that are read for one hour
FIRST, LAST = date(1970, 2, 1), date(9990, 1, 1)
DEGREES = (1, 10, 100, 1000)  # from which number of runs on a cell is darker


@dataclass(frozen=True)
class Cell:
    """A day or an hour. `runs`: with those to come."""

    begin: datetime
    runs: int
    failed: int
    missed: int
    more_runs: bool
    more_missed: bool
    is_now: bool
    is_past: bool

    @property
    def degree(self) -> int:
        return bisect_right(DEGREES, self.runs)

    @property
    def day(self) -> date:
        return self.begin.date()


def show(site: admin.AdminSite, request: HttpRequest) -> HttpResponse:
    """Return the page. Two statements, each bounded, however many schedules there are."""
    now = clock.current()
    zone = _zone(request)
    by_hours = request.GET.get("by") == "week"
    today = now.astimezone(zone).date()
    day = _day(request) or today
    days = _week(day) if by_hours else list(Weeks().itermonthdates(day.year, day.month))
    cells, left_out = _cells(_begins(days, zone, by_hours=by_hours), zone, now, reach_in(request), by_hours=by_hours)
    size = 24 if by_hours else 7
    rows = [cells[first : first + size] for first in range(0, len(cells), size)]
    step = timedelta(days=7 if by_hours else 31)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": f"Week of {days[0]}" if by_hours else f"{day:%B %Y}",
        "opts": Schedule._meta,
        "by_hours": by_hours,
        "day": day,
        "zone": zone.key,
        "rows": [[(hour, [of_day[hour] for of_day in rows]) for hour in range(24)]] if by_hours else rows,
        "days": days[:7],
        "month": day.month,
        "earlier": shift(days[0], -7) if by_hours else (day.replace(day=1) - timedelta(days=1)).replace(day=1),
        "later": shift(days[0], 7) if by_hours else (day.replace(day=1) + step).replace(day=1),
        "today": today,
        "left_out": left_out,
        "schedules": SCHEDULES,
        "most": OF_AN_HOUR if by_hours else COUNT_LIMIT,
    }
    return TemplateResponse(request, "admin/jobs/schedule/calendar.html", context)


def _zone(request: HttpRequest) -> ZoneInfo:
    try:
        return parsing.zone(request.GET.get("zone", "UTC"))
    except Unreadable:
        return ZoneInfo("UTC")


def _day(request: HttpRequest) -> date | None:
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None
    return min(max(day, FIRST), LAST)


def _week(day: date) -> list[date]:
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


def _begins(days: Sequence[date], zone: ZoneInfo, *, by_hours: bool) -> list[datetime]:
    """Return where each stretch begins, by the clocks of the zone, and where the last one ends. An hour that clocks
    skip has no length, one that they show twice has two."""
    hours = [time(hour) for hour in range(24)] if by_hours else [time()]
    walls = [datetime.combine(day, hour) for day in days for hour in hours]
    walls.append(datetime.combine(days[-1] + timedelta(days=1), time()))
    begins = [wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls]
    for place in range(len(begins) - 1, 0, -1):
        begins[place - 1] = min(begins[place - 1], begins[place])
    return begins


def _cells(
    begins: Sequence[datetime], zone: ZoneInfo, now: datetime, reach: Reach, *, by_hours: bool
) -> tuple[list[Cell], bool]:
    stretches = list(pairwise(begins))
    rows = counted(stretches, within=reach, most=OF_AN_HOUR if by_hours else COUNT_LIMIT)
    coming, left_out = _coming(begins, now, reach)
    cells = [
        Cell(
            row.begin.astimezone(zone),
            row.runs + coming[place],
            row.failed,
            row.missed,
            row.more_runs,
            row.more_missed,
            is_now=begin <= now < until,
            is_past=until <= now,
        )
        for place, (row, (begin, until)) in enumerate(zip(rows, stretches, strict=True))
    ]
    return cells, left_out


def _coming(begins: Sequence[datetime], now: datetime, reach: Reach) -> tuple[Counter[int], bool]:
    """Count by stretch what comes after the next run of each schedule, which has its job; and say whether some were
    left out."""
    found: Counter[int] = Counter()
    end = begins[-1]
    if end <= now:
        return found, False
    schedules = list(Schedule.objects.within(reach).coming_before(end)[: SCHEDULES + 1])
    left, left_out = TIMES, len(schedules) > SCHEDULES
    for schedule in schedules[:SCHEDULES]:
        most = min(left, TIMES_OF_ONE)
        try:
            times = list(islice(times_after(schedule, schedule.next_at or now), most))
        except BadExpression:
            continue
        starts = [nominal + schedule.offset for nominal in times]
        places = [bisect_right(begins, start) - 1 for start in starts if begins[0] <= start < end]
        found.update(places)
        left -= len(times)
        left_out = left_out or (len(times) == most and bool(starts) and starts[-1] < end)
    return found, left_out
