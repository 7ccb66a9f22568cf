"""Looks at the jobs that people ask for: a page of them, of which no statement reads more than a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count

from jobs.models.querysets import overviews
from jobs.models.querysets.ids import is_one_of

if TYPE_CHECKING:
    from jobs.models.job import Job
    from jobs.models.querysets import JobQuerySet


TICK = timedelta(microseconds=1)
Parts = Sequence["JobQuerySet"]  # together what was asked for, or more; each in the order of an index where one has it


class Way(NamedTuple):
    """Jobs by a time of theirs that an index has: those in the stretch that was asked for."""

    column: str
    jobs: JobQuerySet


class Page(NamedTuple):
    """Part of the jobs that were found. `before`: of ids below this one, so that it stays as it is while others are
    created; None: of all. `by_delay_at`: the longest delay first, at this moment; None: the newest or latest first."""

    size: int
    start: int = 0
    before: int | None = None
    by_delay_at: datetime | None = None


@dataclass(frozen=True)
class Look:
    """Page of what was found. `count`: of all pages, COUNT_LIMIT + 1 where there are more. `among`: in which jobs was
    looked, "all", those of "ids" or of the stretch of a "time", LOOK at most; `further`, `newer`: what to ask for to
    look at older and at newer ones."""

    jobs: list[Job]
    count: int
    before: int
    more: bool
    among: str = "all"
    further: dict[str, str] = field(default_factory=dict)
    newer: dict[str, str] | None = None


def look(found: JobQuerySet, narrow: Iterable[Parts], ways: Iterable[Way], page: Page) -> Look:
    """Return a page of `found`. Where one of `narrow`, to whose parts indexes lead, has few jobs it is all of them;
    else of what the first way has in its stretch, or of the ids below the page's, LOOK at most."""
    part = _part(found, narrow, ways, page.before)
    shown = _looked(part.jobs, page, part.before, part.order)
    return replace(shown, among=part.among, further=part.further, newer=part.newer)


def states_looked_at(
    found: JobQuerySet, narrow: Iterable[Parts], ways: Iterable[Way], before: int | None
) -> Counter[int]:
    """Return how many of each state there are in what `look` looks at, LOOK jobs at most."""
    jobs = _part(found, narrow, ways, before).jobs.order_by()
    return Counter(dict(jobs.values_list("state").annotate(Count("pk"))))


@dataclass(frozen=True)
class _Part:
    """Jobs that are looked at, with what Look says of them."""

    jobs: JobQuerySet
    before: int
    order: tuple[str, ...] = ("-id",)
    among: str = "all"
    further: dict[str, str] = field(default_factory=dict)
    newer: dict[str, str] | None = None


def _part(found: JobQuerySet, narrow: Iterable[Parts], ways: Iterable[Way], before: int | None) -> _Part:
    oldest, newest = found.model._default_manager.all().ends()
    at = newest + 1 if before is None else before
    for parts in narrow:
        ids = _few_of(parts)
        if ids is not None:
            return _Part(found.filter(is_one_of(ids), id__lt=at), at)
    for way in ways:
        edge, order = _edge(way), (f"-{way.column}", "-id")
        if edge is None:
            return _Part(found.filter(id__lt=at), at, order)
        if edge == way.jobs.order_by(order[0]).values_list(way.column, flat=True).first():
            continue  # more than LOOK at one instant: no time parts them
        further = {f"{way.column}_before": (edge + TICK).isoformat()}
        part = found.filter(**{f"{way.column}__gt": edge}, id__lt=at)
        return _Part(part, at, order, among="time", further=further)
    since = max(at - overviews.LOOK, oldest)
    further = {"before": str(since)} if since > oldest else {}
    newer = None
    if at <= newest:
        newer = {"before": str(at + overviews.LOOK)} if at + overviews.LOOK <= newest else {}
    return _Part(found.filter(id__gte=since, id__lt=at), at, among="ids", further=further, newer=newer)


def _edge(way: Way) -> datetime | None:
    """Return the time of the last of the LOOK newest of the stretch; None where it has no more."""
    times = way.jobs.order_by(f"-{way.column}").values_list(way.column, flat=True)
    beyond: list[datetime] = list(times[overviews.LOOK - 1 : overviews.LOOK + 1])
    return beyond[0] if len(beyond) > 1 else None


def _looked(found: JobQuerySet, page: Page, at: int, order: tuple[str, ...]) -> Look:
    ordered = found.order_by(*order) if page.by_delay_at is None else found.longest_delay_first(page.by_delay_at)
    end = page.start + page.size
    ids = list(ordered.values_list("pk", flat=True)[: max(overviews.COUNT_LIMIT, end) + 1])
    shown = ids[page.start : end]
    jobs = found.brief().with_worker().filter(is_one_of(shown)).order_by().in_bulk() if shown else {}
    in_order = [jobs[pk] for pk in shown if pk in jobs]
    return Look(in_order, len(ids), at, len(ids) > end)


def _few_of(parts: Iterable[JobQuerySet]) -> list[int] | None:
    """Return the ids of all that these have, each part read in the order that it has; None where they are more than are
    counted."""
    ids: list[int] = []
    for part in parts:
        ids += part.values_list("pk", flat=True)[: overviews.COUNT_LIMIT + 1 - len(ids)]
    return ids if len(ids) <= overviews.COUNT_LIMIT else None
