"""Schedules with a past, for the pages that show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.models import Occurrence, Schedule
from jobs.states import State
from jobs.transitions.schedules import definitions
from tests.monitor.rows import MS, ended, pending, running

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def schedule(name: str = "report", expression: str = "30 2 * * *", *, now: datetime, by=None, **fields) -> Schedule:
    """A schedule as a person makes one."""
    given = {"target": "demo.noop", "dialect": "cron", "time_zone": "Europe/Berlin", **fields}
    return definitions.create_schedule({"name": name, "expression": expression, **given}, by=by, now=now)


def ran(of: Schedule, at: datetime, state: State = State.COMPLETED, *, late: timedelta = MS, **fields) -> Occurrence:
    """A run of it whose nominal time was then."""
    facts = {"schedule": of, "nominal_at": at, **fields}
    if state == State.RUNNING:
        job = running(at, **facts)
    elif state == State.PENDING:
        job = pending(at, **facts)
    else:
        job = ended(at + late + 100 * MS, state, delay=late, **facts)
    return Occurrence.objects.create(schedule=of, nominal_at=at, job_id=job.pk, noted_at=at)


def missed(of: Schedule, at: datetime, cause: str, *, until: datetime | None = None, count: int = 1) -> Occurrence:
    return Occurrence.objects.create(
        schedule=of, nominal_at=at, cause=cause, until=until, count=count, why="Because.", noted_at=until or at
    )
