"""Finds all jobs that a list asks for, so many at most, to be read some at a time: no statement reads more than a
bound, and none stays open while somebody reads slowly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.models.querysets import overviews

if TYPE_CHECKING:
    from jobs.models.querysets import JobQuerySet


def newest_ids(found: JobQuerySet, *, before: int | None, most: int, has_index: bool) -> list[int]:
    """Return the ids of these jobs, the newest first, `most` at most, of those below `before`; None: of all. In one
    statement where they have an index, else by LOOK rows of the table at a time."""
    ordered = found.order_by("-id").values_list("pk", flat=True)
    if has_index:
        return list((ordered if before is None else ordered.filter(id__lt=before))[:most])
    rows = found.model._default_manager.order_by("-id").values_list("pk", flat=True)
    ids: list[int] = []
    at = before
    while len(ids) < most:
        below = rows if at is None else rows.filter(id__lt=at)
        since = below[overviews.LOOK - 1 : overviews.LOOK].first()
        part = ordered if at is None else ordered.filter(id__lt=at)
        ids += (part if since is None else part.filter(id__gte=since))[: most - len(ids)]
        if since is None:
            break
        at = since
    return ids
