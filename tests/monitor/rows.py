"""Rows in the states that tests of the monitor and the admin look at."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from jobs.models import Attempt, Job, Leadership, Worker
from jobs.states import State

MS = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)


def pending(run_at: datetime, **fields) -> Job:
    return Job.objects.create(
        **{"target": "demo.noop", "payload": {}, "run_at": run_at, "created_at": run_at - timedelta(hours=1), **fields}
    )


def running(now: datetime, *, session: uuid.UUID | None = None, **fields) -> Job:
    job = pending(now - SECOND, state=State.RUNNING, locked_at=now - SECOND, attempt=1, **fields)
    _start(job, now - SECOND, session=session)
    return job


def begin(job: Job, now: datetime) -> None:
    """Let a pending job be taken by a worker."""
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, run_at=now, locked_at=now, attempt=1)
    job.run_at = now
    _start(job, now)


def ended(
    at: datetime, state: State = State.COMPLETED, *, delay: timedelta = MS / 2, took: timedelta = 100 * MS, **fields
) -> Job:
    """A job that ended at that moment."""
    if state in (State.CANCELLED, State.SKIPPED):
        return pending(at + SECOND, **{"state": state, "finished_at": at, "reason": "Because.", **fields})
    run_at = at - took - delay
    locked_at = fields.pop("locked_at", run_at - 200 * MS)
    fields = {"enqueued_at": run_at - 5 * SECOND, "deliveries": 1, **fields}
    job = pending(
        run_at, state=state, locked_at=locked_at, execute_at=run_at + delay, finished_at=at, attempt=1, **fields
    )
    _start(job, locked_at, outcome=state, started_at=job.execute_at, finished_at=at)
    return job


def worker(now: datetime, name: str = "w1@host", *, silent: timedelta = SECOND, **fields) -> Worker:
    facts = {"pid": 1, "pool": "threads", "slots": 5, "queues": ["default"], "started_at": now - timedelta(hours=1)}
    return Worker.objects.create(name=name, heartbeat_at=now - silent, **{**facts, **fields})


def leader(now: datetime, *, listed: timedelta = 3 * SECOND, **fields) -> None:
    values = {
        "holder": "beat@host:1",
        "epoch": 3,
        "elected_at": now - timedelta(hours=1),
        "listed_at": now - listed,
        "published_at": now,
        "listed": 4,
    }
    Leadership.objects.update_or_create(pk=1, defaults={**values, **fields})


def _start(job: Job, at: datetime, *, session: uuid.UUID | None = None, **fields) -> None:
    Attempt.objects.create(
        job=job,
        number=1,
        worker="w1@host",
        session=session or uuid.uuid4(),
        token=uuid.uuid4(),
        run_at=job.run_at,
        locked_at=at,
        **fields,
    )
