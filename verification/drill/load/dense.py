"""Dense windows of the load: many jobs of a queue without a limit that are listed together, so that they go out in
bundles (jobs/publishing/bundles.py)."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.publishing.windows import window_at
from verification.benchmark.workload import BURST_EVERY, Planned, Series

SIZE = 250  # of one dense window: 25 slots need about a second for them
WITHIN = timedelta(seconds=1)


def dense(since: datetime, duration: timedelta, window: timedelta) -> list[Planned]:
    """Return SIZE jobs for each burst of the load, soonest first, due one after the other in the second that begins
    with the burst, or that ends with its window if that is earlier: a part of them alone might be too few for
    bundles. `window`: the length of one."""
    bursts = (since + n * BURST_EVERY for n in range(1, (duration - WITHIN) // BURST_EVERY + 1))
    begins = (min(at, window_at(at, window.total_seconds(), 0).end - WITHIN) for at in bursts)
    return [Planned(Series.DENSE, begin + n * WITHIN / SIZE) for begin in begins for n in range(SIZE)]
