"""Row lock, commit, wait for the exact instant, run, record the end."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connection

from jobs import failpoints, targets, transitions
from jobs.clock import clock
from jobs.conf import conf
from jobs.states import State
from jobs.transitions import Started, WorkerIdentity

log = logging.getLogger(__name__)
T = TypeVar("T")

# A message may arm this much too early and still be the right one; a row moved further away makes it stale.
ARM_SLACK = timedelta(seconds=1)
DATABASE_RETRIES = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)  # seconds before each further try


def run(job_id: int, version: int, worker: WorkerIdentity) -> None:
    """Start the job on time, once, and record how it ended. Never raises for what the job does."""
    started = acquire(job_id, version, worker)
    if started is None:
        return
    failpoints.hit("after-acquire")
    execute_at = wait_until(started.run_at)
    failpoints.hit("before-body")
    outcome, error = call(started)
    finished_at = clock.now()
    failpoints.hit("after-body")
    failpoints.hit("before-finish")
    held = _insist(
        lambda: transitions.finish(
            started, outcome=outcome, execute_at=execute_at, finished_at=finished_at, error=error
        )
    )
    if not held:
        log.error("job %d: attempt %d ended after it was settled; its end is in the ledger", job_id, started.attempt)


def acquire(job_id: int, version: int, worker: WorkerIdentity) -> Started | None:
    """Take the row lock and commit RUNNING. None when there is nothing for us to start."""
    token = uuid.uuid4()
    now = clock.now()
    due_before = now + timedelta(seconds=conf().arm_lead) + ARM_SLACK
    try:
        return transitions.acquire(job_id, version, worker=worker, token=token, now=now, due_before=due_before)
    except (DatabaseError, InterfaceError) as error:
        # The COMMIT may have taken effect. Only the ledger knows, and our token is in it if it has.
        log.warning("job %d: the database failed while it was acquired (%s)", job_id, error)
        connection.close()
        return _insist(lambda: transitions.acquired_by(job_id, token))


def wait_until(moment: datetime) -> datetime:
    """Sleep until the database's clock has reached `moment`; return what it then reads, never less."""
    due = moment.timestamp()
    while (now := clock.timestamp()) < due:
        time.sleep(due - now)
    return datetime.fromtimestamp(now, tz=UTC)


def call(started: Started) -> tuple[State, str]:
    """Run the body. Returns how it ended and, if it failed, why."""
    try:
        target = targets.find(started.target)
        target.call(**target.check(started.payload))
    except BaseException as error:  # noqa: BLE001 - a job may raise anything, SystemExit too
        log.warning("job %d (%s) failed: %r", started.job_id, started.target, error)
        return State.FAILED, f"{type(error).__name__}: {error}"
    return State.COMPLETED, ""


def _insist(question: Callable[[], T]) -> T:
    """Ask the database until it answers. Raises the last error when it has been away for about a minute."""
    for pause in DATABASE_RETRIES:
        time.sleep(pause)
        try:
            return question()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the database failed (%s); trying again", error)
            connection.close()
    return question()
