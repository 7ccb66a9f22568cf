"""`/failures/`: what failed, in groups, with a sample of each. Its address is all that it knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.api.failures import FailuresQuery
from jobs.clock import clock
from jobs.models.failures import LOOK, MOST, PARTS, Failures, Group
from jobs.monitor.access import page
from jobs.monitor.by_query import by_query, in_form
from jobs.monitor.list_form import Field, Form, address, without
from jobs.permissions import CONTROL_JOB, VIEW_JOB
from jobs.rights import reach_of
from jobs.web.failures import asked
from jobs.web.lists import ListPage
from jobs.web.lookback import SPANS, USUAL

HEIGHT = 20  # of the little chart, in its own units; a part of the time is one wide
IN_WORDS = {"1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days"}


LIST = ListPage(
    "failures",
    {
        "failure": lambda group: group.failure,
        "by_its_reason": lambda group: not group.marked,
        "target": lambda group: group.target,
        "starts": lambda group: group.starts,
        "jobs": lambda group: group.jobs,
        "first": lambda group: group.first_at,
        "last": lambda group: group.last_at,
        "queues": lambda group: group.queues,
        "job": lambda group: group.job_id,
        "error": lambda group: group.error,
    },
)


class PageQuery(FailuresQuery):
    """The query string of the page."""

    format = None  # type: ignore[assignment]


class FailuresForm(Form):
    """Filters of the failures as a form."""

    labels: ClassVar[Mapping[str, str]] = {"queue": "Queue", "target": "Target"}

    @cached_property
    def fields(self) -> list[Field]:
        return [self._typed("queue", self._queues()), self._typed("target", self._targets())]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return [("span", str(self.query["span"]))] if "span" in self.query else []


class Bar(NamedTuple):
    """A bar of the little chart."""

    x: int
    y: float
    height: float


class Row(NamedTuple):
    """A group as people read it, with the addresses of the list of its jobs, and of the page that retries them; empty
    where there is nothing to retry."""

    group: Group
    bars: list[Bar]
    jobs: str
    retry: str


@require_safe
@page
@LIST
@by_query(PageQuery, "jobs/monitor/failures.html", needs=VIEW_JOB, refused=in_form(FailuresForm))
def failure_list(request: HttpRequest, wanted: Mapping[str, Any]) -> HttpResponse:
    """Show what failed in the stretch that is asked for, of the jobs that this person sees."""
    reach, now = reach_of(request.user), clock.current()
    found = asked(wanted, reach, now)
    span, may = wanted.get("span", USUAL), request.user.has_perm(CONTROL_JOB)
    facts = {
        "form": FailuresForm(request.GET, reach),
        "reach": reach,
        "now": now,
        "found": found,
        "rows": [_row(group, found, queue=wanted.get("queue"), may=may) for group in found.groups],
        "spans": [(one, IN_WORDS[one], address("", without(request.GET, "span"), span=one)) for one in SPANS],
        "span": span,
        "in_words": IN_WORDS[span],
        "unmarked": any(not group.marked for group in found.groups),
        "looked_at": LOOK,
        "most": MOST,
        "parts": PARTS,
        "height": HEIGHT,
    }
    return LIST.show(request, "jobs/monitor/failures.html", facts, lambda: found.groups)


def _row(group: Group, found: Failures, *, queue: str | None, may: bool) -> Row:
    which = {"target": group.target, **({"queue": queue} if queue is not None else {})}
    if group.marked:
        which["failure"] = group.failure
    which |= {"finished_at_after": found.since.isoformat(), "finished_at_before": found.until.isoformat()}
    jobs = urlencode({"state": "failed,interrupted", **which}, safe=":,")
    retry = (
        f"{reverse('failures-retry')}?{urlencode(which, safe=':,')}" if may and group.marked and group.can_retry else ""
    )
    return Row(group, _bars(group.over_time), f"{reverse('jobs')}?{jobs}", retry)


def _bars(counts: Iterable[int]) -> list[Bar]:
    """Return the bars of a chart whose highest is the greatest count."""
    highest = max(counts, default=0) or 1
    heights = [(x, max(HEIGHT * count / highest, 1.0)) for x, count in enumerate(counts) if count]
    return [Bar(x, HEIGHT - height, height) for x, height in heights]
