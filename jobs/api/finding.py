"""Jobs that a query string asks for, one after the other and not a page at a time: for whoever reads them in one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.http import QueryDict

from jobs.api.history import asked_of
from jobs.api.listing import ListQuery, checked
from jobs.models import Job
from jobs.models.history import listed
from jobs.models.querysets.overviews import LOOK
from jobs.rights import Reach
from jobs.rights.telling import tell
from jobs.rules.finding import is_indexed, matching

AT_A_TIME = 200  # jobs


def found(query: QueryDict, reach: Reach, now: datetime, *, limit: int | None) -> Iterator[Job]:
    """Yield the jobs, the newest first, those of the history the last that ended first; at most `limit`. Each statement
    is bounded as that of a page is. Raises ValidationError at once, for a filter that is wrong."""
    wanted = checked(query, ListQuery, now)
    size = AT_A_TIME if limit is None else min(AT_A_TIME, limit)
    pages = _of_history(wanted, reach, size) if wanted.get("history") else _of_jobs(wanted, reach, now, size)
    return islice((job for page in pages for job in tell(page, reach)), limit)


def _of_jobs(wanted: Mapping[str, Any], reach: Reach, now: datetime, size: int) -> Iterator[list[Job]]:
    jobs = matching(Job.objects.for_people().within(reach), wanted, now).order_by("-id")
    is_direct = is_indexed(wanted, reach)
    oldest, newest = Job.objects.all().ends()
    before = newest + 1
    while before > oldest:
        since = 0 if is_direct else before - LOOK
        page = list(jobs.filter(id__lt=before, id__gte=since)[:size])
        yield page
        if len(page) == size:
            before = page[-1].pk
        elif is_direct:
            return
        else:
            before = since


def _of_history(wanted: Mapping[str, Any], reach: Reach, size: int) -> Iterator[list[Job]]:
    position, is_first = None, True
    while is_first or position is not None:
        page, position = listed(asked_of(wanted), position, limit=size, within=reach)
        is_first = False
        yield page
