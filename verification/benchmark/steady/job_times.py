"""Figures from the rows of a steady load: how late, how far ahead, whether the end is worse than the begin. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from jobs.models.querysets import OVERDUE_AFTER
from verification.benchmark.score import Spread, percentile, summary

OVERDUE_MS = OVERDUE_AFTER / timedelta(milliseconds=1)


class JobTimes(NamedTuple):
    """Row of a job, in ms from the begin of the load. None: it did not come so far. `listed`: by the list query that
    marked it last.
    """

    due: float
    created: float
    listed: float | None
    taken: float | None
    entered: float | None
    deliveries: int


@dataclass(frozen=True)
class Lead:
    """Time before a job was due at which it was marked to be published, in seconds."""

    low: float
    p5: float
    p50: float


@dataclass(frozen=True)
class Third:
    """Jobs due in one third of the load. `overdue`: the most at one time, in it, that had been due for more than a
    second and were not taken.
    """

    jobs: int
    delay_p95_ms: float
    overdue: int


@dataclass(frozen=True)
class Figures:
    """`delay`: from `run_at` to `execute_at` in ms; `committed_ahead`: of the row that was committed latest before its
    time, in seconds; `listed_in_time`, `taken_in_time`: shares of all jobs that were marked to be published, and whose
    row was taken by a worker, before they were due; `listed_again`: marked more than once."""

    delay: Spread | None
    early: int
    committed_ahead: float
    lead: Lead | None
    listed_in_time: float
    taken_in_time: float
    listed_again: int
    first_third: Third
    last_third: Third


def figures(jobs: Sequence[JobTimes], duration_ms: float) -> Figures:
    """Return the figures of a load that lasted so long."""
    third = duration_ms / 3
    number = max(len(jobs), 1)
    return Figures(
        delay=summary(_delays(jobs)),
        early=sum(job.entered is not None and job.entered < job.due for job in jobs),
        committed_ahead=min(((job.due - job.created) / 1000 for job in jobs), default=0.0),
        lead=_lead(jobs),
        listed_in_time=sum(job.listed is not None and job.listed < job.due for job in jobs) / number,
        taken_in_time=sum(job.taken is not None and job.taken < job.due for job in jobs) / number,
        listed_again=sum(job.deliveries > 1 for job in jobs),
        first_third=_third(jobs, 0.0, third),
        last_third=_third(jobs, duration_ms - third, duration_ms),
    )


def _delays(jobs: Sequence[JobTimes]) -> list[float]:
    return [job.entered - job.due for job in jobs if job.entered is not None]


def _lead(jobs: Sequence[JobTimes]) -> Lead | None:
    leads = sorted((job.due - job.listed) / 1000 for job in jobs if job.listed is not None)
    return Lead(leads[0], percentile(leads, 5), percentile(leads, 50)) if leads else None


def _third(jobs: Sequence[JobTimes], begin: float, end: float) -> Third:
    some = [job for job in jobs if begin <= job.due < end]
    delay = summary(_delays(some))
    return Third(len(some), delay.p95 if delay else 0.0, overdue(jobs, begin, end))


def overdue(jobs: Sequence[JobTimes], begin: float, end: float) -> int:
    """The most at one time between `begin` and `end` that were overdue and not taken."""
    changes: list[tuple[float, int]] = []
    for job in jobs:
        taken = math.inf if job.taken is None else job.taken
        if taken > job.due + OVERDUE_MS:
            changes += [(job.due + OVERDUE_MS, 1), (taken, -1)]
    there = most = 0
    for at, more in sorted(changes):
        if at >= end:
            break
        if at >= begin:  # those that were overdue already when it began count, too
            most = max(most, there, there + more)
        there += more
    return max(most, there)
