"""The last runs of a job's target as two small charts: how late each began, and how long it took."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from jobs.models import Job
from jobs.models.querysets.alike import AMONG, SHOWN, RunOfTarget, last_of_target
from jobs.rights import Reach
from jobs.spans import measured
from jobs.states import State

HEIGHT = 40
LEAST_MS = 0.1  # where the scale begins; it is one of logarithms


class Bar(NamedTuple):
    """Bar of one run in a chart: where it stands, how high it is, and what it says."""

    x: int
    y: float
    height: float
    look: str
    text: str


class Chart(NamedTuple):
    """Chart of the runs, the oldest first. `text`: what it shows, for those who do not see it."""

    title: str
    text: str
    bars: list[Bar]


class LastRuns(NamedTuple):
    """Last runs of a target up to the end of a job: `runs` of them, at most `most`, found among so many ends."""

    runs: int
    charts: list[Chart]
    width: int
    height: int = HEIGHT
    most: int = SHOWN
    among: int = AMONG


def last_runs(job: Job, reach: Reach, now: datetime) -> LastRuns:
    """Return the last runs of this job's target up to its end, or up to now while it has none. One statement."""
    until = job.finished_at or now
    runs = last_of_target(job.target, until=until, within=reach, in_history=job.in_history)[::-1]
    charts = [
        _chart("Delay", job, runs, [max(run.delay_ms, 0.0) for run in runs]),
        _chart("Duration", job, runs, [run.duration_ms for run in runs]),
    ]
    return LastRuns(len(runs), charts if runs else [], len(runs) * 10)


def _chart(title: str, job: Job, runs: Sequence[RunOfTarget], values: Sequence[float]) -> Chart:
    if not values:
        return Chart(title, "", [])
    top = math.log10(max(*values, LEAST_MS * 10) / LEAST_MS)
    bars, own = [], ""
    for n, (run, value) in enumerate(zip(runs, values, strict=True)):
        height = round(max(HEIGHT * math.log10(max(value, LEAST_MS) / LEAST_MS) / top, 1), 2)
        look = "this" if run.id == job.pk else "good" if run.state == State.COMPLETED else "bad"
        bars.append(Bar(n * 10, round(HEIGHT - height, 2), height, look, _words(run, value)))
        own = f"; this job: {measured(value)}" if run.id == job.pk else own
    half = measured(statistics.median(values))
    return Chart(title, f"{title}: {measured(min(values))} to {measured(max(values))}, half up to {half}{own}", bars)


def _words(run: RunOfTarget, value: float) -> str:
    return f"Job {run.id}, {State(run.state).label}: {measured(value)}"
