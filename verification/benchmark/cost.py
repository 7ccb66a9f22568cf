"""Cost of the round for the database by the exercise's formula, and which windows are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.models import WorkerLog
from jobs.publishing.windows import Window, window_at
from verification.rows import list_queries, logged

LIST_QUERY, ACQUIRE_FAILURE, JOB_QUERY = 100, 10, 1


@dataclass(frozen=True)
class Interval:
    """The windows that are counted: from the one that holds `since` to the one that holds the end of the load.

    Every job of the load is due in one of them (live jobs at most 3.1 s later); jobs are listed in the window before
    or in their own.
    """

    start: datetime
    stop: datetime
    windows: int


@dataclass(frozen=True)
class Cost:
    """The score and its parts. `uneven`: each counted window that had other than one list query, with their number."""

    total: int
    floor: int
    windows: int
    first_window: datetime
    last_window_ends: datetime
    list_queries: int
    acquire_failures: int
    job_queries: int
    list_queries_after: int
    uneven: list[tuple[datetime, int]]

    @property
    def above_floor(self) -> int:
        return self.total - self.floor


def interval(since: datetime, duration: timedelta, window: float) -> Interval:
    """`window` in seconds. As many windows as the load touches: D / W + 1, unless D is no multiple of W."""
    first, last = window_at(since, window, 0), window_at(since + duration, window, 0)
    return Interval(start=first.start, stop=last.end, windows=round((last.end - first.start) / first.length))


def count(where: Interval, *, window: float, job_ids: Sequence[int], now: datetime) -> Cost:
    """Read the log. List queries are everybody's in these windows; the other two are those about our jobs."""
    listed = list(list_queries(where.start, where.stop).values_list("at", flat=True))
    after = list_queries(where.stop, max(now, where.stop)).count()
    return cost(
        where,
        window=window,
        listed=listed,
        list_queries_after=after,
        acquire_failures=logged(WorkerLog.Action.ACQUIRE_FAILURE, job_ids),
        job_queries=logged(WorkerLog.Action.QUERYJOB, job_ids),
    )


def cost(
    where: Interval,
    *,
    window: float,
    listed: Iterable[datetime],
    list_queries_after: int,
    acquire_failures: int,
    job_queries: int,
) -> Cost:
    """The formula. `listed`: when each list query ran; `list_queries_after`: those after the counted windows."""
    per_window = Counter({slot.start: 0 for slot in _slots(where, window)})
    per_window.update(window_at(at, window, 0).start for at in listed)
    list_queries = per_window.total()
    return Cost(
        total=LIST_QUERY * list_queries + ACQUIRE_FAILURE * acquire_failures + JOB_QUERY * job_queries,
        floor=LIST_QUERY * where.windows,
        windows=where.windows,
        first_window=where.start,
        last_window_ends=where.stop,
        list_queries=list_queries,
        acquire_failures=acquire_failures,
        job_queries=job_queries,
        list_queries_after=list_queries_after,
        uneven=sorted((start, queries) for start, queries in per_window.items() if queries != 1),
    )


def _slots(where: Interval, window: float) -> list[Window]:
    step = timedelta(seconds=window)
    return [window_at(where.start + n * step, window, 0) for n in range(where.windows)]
