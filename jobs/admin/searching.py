"""The search of the list of jobs: what no index leads to is looked for among the newest, and the page says so."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest

from jobs.admin.filters import DayFilter, HeldFilter, LabelFilter, QueueFilter, StateFilter, TargetFilter
from jobs.models.querysets import FEW, JobQuerySet
from jobs.models.querysets.overviews import LOOK

# Filters, and states of that of states, to whose jobs an index leads.
INDEXED = (HeldFilter, DayFilter, LabelFilter)
STATES = {"overdue", *(str(int(state)) for state in FEW)}
OTHERS = (StateFilter, QueueFilter, TargetFilter)
OF_NEWEST = (
    f"These are among the newest {LOOK:,} jobs. An older one is found by its id, by its day (with other filters) or by "
    "a label."
)


def searched(request: HttpRequest, jobs: JobQuerySet, text: str) -> JobQuerySet:
    """Return what is searched for of the jobs that the filters have left."""
    if (one := jobs.with_id(text)) is not None:
        return one
    found, is_narrow = jobs.search(text)
    if is_narrow or _is_indexed(request.GET) or not (text or _is_chosen(request.GET)):
        return found
    newest, are_older = found.among_newest()
    if are_older and request.method == "GET":
        messages.info(request, OF_NEWEST)
    return newest


def _is_chosen(query: Mapping[str, str]) -> bool:
    return any(query.get(str(kind.parameter_name)) for kind in OTHERS)


def _is_indexed(query: Mapping[str, str]) -> bool:
    return query.get("state") in STATES or any(query.get(str(kind.parameter_name)) for kind in INDEXED)
