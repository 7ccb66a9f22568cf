"""Offers what can follow while a filter is typed: its words, and values that this person may see."""

from __future__ import annotations

from collections import defaultdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Job, Worker
from jobs.monitor.access import page
from jobs.monitor.list_form import queue_names, target_names, team_names
from jobs.permissions import VIEW_JOB
from jobs.rights import Reach, reach_of
from jobs.rules.finding import FREE, HELD
from jobs.states import Hold, State
from jobs.web.filter_text import HINTS

MOST_VALUES = 50  # of each label
LATE = [">1s", ">5s", ">1m", ">10m", ">1h"]
PAST = ["today", "yesterday", ">-1h", ">-24h", ">-7d"]
COMING = ["today", "tomorrow", "<now", "<+1h", "<+24h", "<+7d"]


@require_safe
@page
def suggestions(request: HttpRequest) -> HttpResponse:
    """Return the words of a filter with what may follow each, as JSON."""
    reach = reach_of(request.user)
    labels = labels_seen(reach)
    words = [(word, hint) for word, hint in HINTS.items() if word != "label"]
    values: dict[str, list[str]] = {
        "state": [str(state.label) for state in State],
        "held": [*(hold.words for hold in Hold), HELD, FREE],
        "no_live_worker": ["true"],
        "late": LATE,
        "created": PAST,
        "ended": PAST,
        "run": COMING,
        "team": team_names(reach),
        "queue": queue_names(reach),
        "target": target_names(reach),
        **{f"label.{key}": found for key, found in labels.items()},
    }
    if request.user.has_perm(VIEW_JOB) and reach.is_whole:
        values["worker"] = sorted(Worker.objects.alive(clock.current(), conf().patience).values_list("name", flat=True))
    return JsonResponse({"words": [*words, *((f"label.{key}", "a label") for key in labels)], "values": values})


def labels_seen(reach: Reach) -> dict[str, list[str]]:
    """Return the labels of the newest jobs within this reach: their values by key, the first MOST_VALUES of each."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for labels in Job.objects.within(reach).labels_of_newest():
        for key, value in labels.items():
            if len(found[key]) < MOST_VALUES and isinstance(value, str):
                found[key].add(value)
    return {key: sorted(found[key]) for key in sorted(found)}
