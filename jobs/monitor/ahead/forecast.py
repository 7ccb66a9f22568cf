"""`/forecast/`: what the next day or week of each queue needs, drawn, in words and as a table. Its address is all that
it knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.api.forecast import ForecastQuery
from jobs.clock import clock
from jobs.forecast.forecast import MOST_SLOTS, Forecast, OfQueue, latest
from jobs.forecast.overloads import LATE, TOLERABLE, Overload, lasting
from jobs.forecast.reading import DAY, UNKNOWN, WEEK
from jobs.forecast.simulation import NEVER, Stretch
from jobs.models.querysets.cohorts import MOST_PENDING
from jobs.monitor.access import page
from jobs.monitor.by_query import by_query, in_form
from jobs.monitor.list_form import Field, Form, address, without
from jobs.permissions import CONTROL_JOB, VIEW_JOB
from jobs.rights import reach_of

HOURS = {DAY: "24 hours", WEEK: "7 days"}
STRETCHES = {DAY: 15, WEEK: 12}  # of a bar
HEIGHT = 100  # of a chart, in its own units
UNKNOWN_NAMED = 10
OVERLOADS = 5  # of a queue, those with the greatest delays
ENDS = (10, 20, 50, 100, 200, 500)  # of the slider, which ends at the first that is enough, else at MOST_SLOTS


class PageQuery(ForecastQuery):
    """Query string of the page."""

    format = None  # type: ignore[assignment]


class ForecastForm(Form):
    """Filters of the forecast as a form."""

    labels: ClassVar[Mapping[str, str]] = {"queue": "Queue", "slots": "With so many more slots"}

    @cached_property
    def fields(self) -> list[Field]:
        return [self._typed("queue", self._queues())]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return self._kept("hours", "slots")

    @property
    def beside_slider(self) -> list[tuple[str, str]]:
        """Return what the form of the slider keeps."""
        return self._kept("hours", "queue")

    def _kept(self, *names: str) -> list[tuple[str, str]]:
        return [(name, str(self.query[name])) for name in names if name in self.query]


class Bar(NamedTuple):
    """Group of stretches in a row, as a bar and as a row of the table. `delay`: milliseconds."""

    begin: datetime
    jobs: str
    x: int
    y: float
    height: float
    starts: int
    needed: int
    is_late: bool
    delay: str


class Late(NamedTuple):
    """Overload with the addresses of its jobs, and of the pages that spread and move those."""

    of: Overload
    jobs: str
    spread: str
    move: str


class Chart(NamedTuple):
    """Forecast of a queue as people see it. `line`: how high the slots are; `top`: what the full height stands for."""

    of: OfQueue
    bars: list[Bar]
    width: int
    line: float
    top: int
    overloads: list[Late]
    more_overloads: int
    delay: str


@require_safe
@page
@by_query(PageQuery, "jobs/monitor/forecast.html", needs=VIEW_JOB, refused=in_form(ForecastForm))
def forecast_page(request: HttpRequest, wanted: Mapping[str, Any]) -> HttpResponse:
    """Show what is to be expected, of what this person sees."""
    reach, now = reach_of(request.user), clock.current()
    if request.GET.get("slots") == "0":  # as the slider sends it; one page has one address
        return redirect(address(request.path, without(request.GET, "slots")))
    form = ForecastForm(request.GET, reach)
    hours = wanted.get("hours", DAY)
    found = latest(now=now, hours=hours, within=reach, queue=wanted.get("queue"), more_slots=wanted.get("slots", 0))
    charts = [_chart(one, found) for one in found.queues]
    facts = {
        "form": form,
        "reach": reach,
        "now": now,
        "found": found,
        "charts": charts,
        "slider_end": _slider_end(found),
        "late": [chart for chart in charts if chart.overloads],
        "hours": [
            (one, words, address("", without(request.GET, "hours"), hours=str(one)), one == hours)
            for one, words in HOURS.items()
        ],
        "in_words": HOURS[hours],
        "unknown": found.unknown[:UNKNOWN_NAMED],
        "more_unknown": max(len(found.unknown) - UNKNOWN_NAMED, 0),
        "reckoned_s": UNKNOWN / 1000,
        "tolerable_s": TOLERABLE // 1000,
        "most": MOST_PENDING,
        "may_control": request.user.has_perm(CONTROL_JOB),
        "height": HEIGHT,
    }
    return render(request, "jobs/monitor/forecast.html", facts)


def _slider_end(found: Forecast) -> int:
    """Return how many more slots the slider goes up to: those with which nothing waits in any queue, and those that are
    chosen. It does not depend on what is chosen below that, so that it stays while somebody moves it."""
    enough = [
        stretch.needed - one.slots + found.more_slots for one in found.queues for stretch in one.stretches.values()
    ]
    most = max([found.more_slots, *enough])
    return next((end for end in ENDS if end >= most), MOST_SLOTS)


def _chart(one: OfQueue, found: Forecast) -> Chart:
    each = STRETCHES[found.hours]
    parts: dict[int, list[Stretch]] = {}
    for place, stretch in one.stretches.items():
        parts.setdefault(place // each, []).append(stretch)
    top = max([one.slots, 1, *(stretch.needed for stretch in one.stretches.values())])
    bars = []
    for part, stretches in sorted(parts.items()):
        needed, delay = max(s.needed for s in stretches), max(s.delay for s in stretches)
        begin = found.at(part * each)
        until = begin + timedelta(milliseconds=each * found.length)
        height = round(max(HEIGHT * needed / top, 1.0), 2)
        bars.append(
            Bar(
                begin,
                _jobs(one.name, begin, until),
                part,
                round(HEIGHT - height, 2),
                height,
                sum(s.starts for s in stretches),
                needed,
                delay > LATE,
                in_words(delay),
            )
        )
    worst = sorted(sorted(one.overloads, key=lambda late: -late.delay)[:OVERLOADS], key=lambda late: late.first)
    overloads = [_late(late, found) for late in worst]
    more = one.more_overloads + len(one.overloads) - len(worst)
    line = round(HEIGHT - HEIGHT * one.slots / top, 2)
    return Chart(one, bars, found.places // each + 1, line, top, overloads, more, in_words(one.delay))


def in_words(delay: float) -> str:
    """Say a delay."""
    if delay == NEVER:
        return "never starts"
    return lasting(delay) if delay else "none"


def _late(late: Overload, found: Forecast) -> Late:
    which = {"queue": late.queue, "state": "pending", "held": "no"}
    if late.begin > found.now:  # else what is overdue is among them
        which["run_at_after"] = late.begin.isoformat()
    which["run_at_before"] = late.until.isoformat()
    asked = {"which": "all", "filter": urlencode(which, safe=":,")}
    over = {} if late.spread is None else {"over": f"{late.spread // 60} min"}
    new = reverse("operation-new")
    return Late(
        late,
        _jobs(late.queue, late.begin, late.until),
        f"{new}?{urlencode({'action': 'spread', **asked, **over})}" if late.slots else "",
        f"{new}?{urlencode({'action': 'reschedule', **asked})}",
    )


def _jobs(queue: str, begin: datetime, until: datetime) -> str:
    """Return the address of the list of the jobs that are due then."""
    which = {"queue": queue, "run_at_after": begin.isoformat(), "run_at_before": until.isoformat()}
    return f"{reverse('jobs')}?{urlencode(which, safe=':,')}"
