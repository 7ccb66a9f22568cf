"""The page `/objectives/`: how much of each error budget is left, and how fast it burns."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.clock import clock
from jobs.models import Objective, Schedule
from jobs.models.rollups.budgets import RUNS_IN_ALL
from jobs.monitor.access import page
from jobs.objectives.burning import NAMES, Pace
from jobs.objectives.standing import Standing, latest, wanted
from jobs.permissions import CHANGE_OBJECTIVE, VIEW_OBJECTIVE, why_refused
from jobs.rights import reach_of
from jobs.web.lists import ListPage
from jobs.web.refused import refuse

LOOKS: dict[Pace | None, tuple[str, str, str]] = {
    Pace.FAST: ("bad", "✕", "burns fast"),
    Pace.SPENT: ("bad", "✕", "budget spent"),
    Pace.SLOW: ("warn", "!", "burns"),
    None: ("good", "✓", "kept"),
}
NOTHING = ("idle", "○", "no starts")
ORDER = [Pace.FAST, Pace.SPENT, Pace.SLOW, None]


class Burn(NamedTuple):
    """A burn rate: of which span."""

    span: str
    rate: float


class Line(NamedTuple):
    """An objective as the page shows it. `left`: percent of the budget; `times`: budgets that are used; `late_link`:
    the page of what was late."""

    standing: Standing
    words: str
    look: tuple[str, str, str]
    reached: float | None
    left: float
    times: float
    burns: list[Burn]
    late_link: str
    change_link: str


LIST = ListPage(
    "objectives",
    {
        "id": lambda line: line.standing.objective.pk,
        "objective": lambda line: line.words,
        "state": lambda line: line.look[2],
        "budget_left_percent": lambda line: line.left,
        "days": lambda line: line.standing.objective.days,
        "starts": lambda line: line.standing.burning.whole.starts,
        "late": lambda line: line.standing.burning.whole.late,
        "in_time_percent": lambda line: line.reached,
        "burn_rates": lambda line: {burn.span: burn.rate for burn in line.burns},
    },
)


@require_safe
@page
@LIST
def objective_list(request: HttpRequest) -> HttpResponse:
    """Show the objectives that this person sees, those that burn first."""
    if not request.user.has_perm(VIEW_OBJECTIVE):
        return refuse(request, why_refused(request.user, VIEW_OBJECTIVE))
    now, reach = clock.current(), reach_of(request.user)
    found = latest(now, reach)
    names = [one.objective.name for one in found if one.objective.kind == Objective.Kind.SCHEDULE]
    ids = dict(Schedule.objects.filter(name__in=names).values_list("name", "pk")) if names else {}
    may = request.user.has_perm(CHANGE_OBJECTIVE) and bool(getattr(request.user, "is_staff", False))
    lines = [_line(one, ids, may) for one in sorted(found, key=lambda one: (ORDER.index(one.pace), one.burning.left))]
    context = {
        "lines": lines,
        "spans": list(NAMES.values()),
        "may_define": may,
        "now": now,
        "reach": reach,
        "has_schedules": bool(names),
        "most_runs": RUNS_IN_ALL,
    }
    return LIST.show(request, "jobs/monitor/objectives.html", context, lambda: lines)


def _line(standing: Standing, ids: dict[str, int], may: bool) -> Line:
    row, burning = standing.objective, standing.burning
    reached = burning.reached
    of = ("schedule", str(ids.get(row.name, ""))) if row.kind == Objective.Kind.SCHEDULE else (row.kind, row.name)
    return Line(
        standing,
        wanted(row),
        LOOKS[standing.pace] if burning.whole.starts else NOTHING,
        None if reached is None else 100 * reached,
        100 * burning.left,
        1 - burning.left,
        [Burn(name, burning.rate(span)) for span, name in NAMES.items()],
        f"{reverse('late')}?{urlencode({'span': '7d', of[0]: of[1]})}" if of[1] else "",
        reverse("admin:jobs_objective_change", args=[row.pk]) if may else "",
    )
