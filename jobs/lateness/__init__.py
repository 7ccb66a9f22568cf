"""Causes for which jobs are late, told apart by what is stored, in words for people and for programs.

Read in this order: causes (the fixed list), facts (what one read collects), deciding and resting (pure functions over
it), story (the sentence of a job's page), way (what that page draws)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.lateness.causes import LateCause
from jobs.lateness.deciding import decide, wanted_at
from jobs.lateness.facts import collect
from jobs.lateness.story import explain
from jobs.lateness.way import Stop, Track, way
from jobs.models import Job
from jobs.objectives.limits import LEAST, start_limits
from jobs.states import State

__all__ = ["Late", "LateCause", "Stop", "Track", "cause_of", "explain", "late_of", "way"]


class Late(NamedTuple):
    """Lateness of a job. `seconds`: after the time that was asked for; `why`: a sentence without its subject."""

    cause: LateCause
    seconds: float
    why: str


def late_of(jobs: Sequence[Job], now: datetime) -> dict[int, Late]:
    """Return by id those of these jobs that have started later than their objectives say (jobs/objectives/limits.py),
    or that could have started so long ago and have not. No statement where none may be by any objective, one where
    none is by its own, and a few for any number."""
    found = {}
    maybe = [job for job in jobs if _may_be_late(job, now, LEAST)]
    limits = start_limits() if maybe else None
    for facts in collect([job for job in maybe if limits and _may_be_late(job, now, limits.of(job))], now):
        late = facts.end - wanted_at(facts)
        if limits and late > limits.of(facts.job):
            reason = decide(facts)
            found[facts.job.pk] = Late(reason.cause, late.total_seconds(), reason.why)
    return found


def cause_of(job: Job, now: datetime) -> LateCause | None:
    """Return why this job is late; None if it is not."""
    late = late_of([job], now).get(job.pk)
    return None if late is None else late.cause


def _may_be_late(job: Job, now: datetime, limit: timedelta) -> bool:
    if job.state == State.PENDING:
        return job.run_at < now - limit
    if job.is_confirmed or job.locked_at is None:
        return False
    return job.attempt > 1 or (job.execute_at or job.locked_at) > (job.asked_run_at or job.run_at) + limit
