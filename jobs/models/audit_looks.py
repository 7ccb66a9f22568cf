"""Looks at the audit: a page of what somebody asks for, of which no statement reads more than a bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from jobs.models.audit import Audit, AuditQuerySet
from jobs.models.querysets import overviews


class Way(NamedTuple):
    """Rows that an index has in the order of this column: `id`, or `at` of a stretch of time."""

    column: str
    rows: AuditQuerySet


class Part(NamedTuple):
    """Rows in which is looked for what somebody asks for: about LOOK at most. `among`: "all", or so many of the "ids"
    before, of "these" to which an index leads, or of a stretch of "time"; `further`: what to ask for to look at older
    ones."""

    found: AuditQuerySet
    among: str = "all"
    further: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Look:
    """Page of what was found, the newest first. `count`: of this page and all after it in the part, COUNT_LIMIT + 1
    where there are more."""

    rows: list[Audit]
    count: int
    more: bool
    among: str
    further: Mapping[str, str]


def look(found: AuditQuerySet, way: Way | None, *, before: int | None, size: int) -> Look:
    """Return a page of `found`, of ids below `before`; None: from the newest on."""
    part = part_of(found, way, before=before)
    ids = list(part.found.order_by("-id").values_list("pk", flat=True)[: max(overviews.COUNT_LIMIT, size) + 1])
    rows = Audit.objects.select_related("by").in_bulk(ids[:size]) if ids else {}
    return Look([rows[pk] for pk in ids[:size] if pk in rows], len(ids), len(ids) > size, part.among, part.further)


def part_of(found: AuditQuerySet, way: Way | None, *, before: int | None) -> Part:
    """Return in which of these rows, of ids below `before`, is looked."""
    oldest, newest = Audit.objects.ends()
    at = newest + 1 if before is None else before
    part = found.filter(id__lt=at)
    edge = [] if way is None else _edge(way, at)
    if way is None or (way.column == "at" and len(edge) > 1 and edge[0] == way.rows.latest_at()):
        # No index leads to it, or more than LOOK are of one instant, which no time parts.
        since = max(at - overviews.LOOK, oldest)
        return Part(part.filter(id__gte=since), "ids", {"before": str(since)} if since > oldest else {})
    if len(edge) <= 1:
        return Part(part)
    if way.column == "id":
        return Part(part.filter(id__gte=edge[0]), "these", {"before": str(edge[0])})
    return Part(part.filter(at__gte=edge[0]), "time", {"at_before": edge[0].isoformat()})


def _edge(way: Way, before: int) -> list[Any]:
    """Return where the LOOK newest of these rows end, and what is next; less where there are no more."""
    rows = way.rows.filter(id__lt=before) if way.column == "id" else way.rows
    ordered = rows.order_by(f"-{way.column}").values_list(way.column, flat=True)
    return list(ordered[overviews.LOOK - 1 : overviews.LOOK + 1])
