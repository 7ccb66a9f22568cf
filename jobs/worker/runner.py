"""Row lock, commit, wait for the exact instant, run, record the end."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, repeat
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connection

from jobs import failpoints, targets, transitions
from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.states import State
from jobs.transitions import Started, WorkerIdentity
from jobs.worker import heartbeat

log = logging.getLogger(__name__)
T = TypeVar("T")

ACQUIRE_TRIES = 3
# A message may arm this much too early and still be the right one; a row moved further away makes it stale.
ARM_SLACK = timedelta(seconds=1)
DATABASE_RETRIES = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # seconds before each further try
LONGEST_RETRY = 30.0  # seconds before each try after those
TOLD_TO_STOP = range(1 - 256, 65 - 256)  # with what a pool child exits that gets a signal: its number less 256


@dataclass(frozen=True)
class Ending:
    """How an attempt ended. `execute_at` is None when its body was never entered."""

    outcome: State
    execute_at: datetime | None
    error: str = ""


def run(job_id: int, version: int, worker: WorkerIdentity) -> None:
    """Start the job on time, once, and record how it ended. Never raises for what the job does."""
    begun = steady()
    started = acquire(job_id, version, worker)
    if started is None:
        return
    try:
        ending = attend(started, worker, begun)
    except SystemExit:
        cut_short(started, worker)
        raise
    except Exception as error:
        log.exception("job %d: attempt %d was cut short by an error of ours", job_id, started.attempt)
        ending = Ending(State.INTERRUPTED, None, f"An error of the worker, not of the job: {error!r}")
    if ending is not None:
        record(started, ending)


def attend(started: Started, worker: WorkerIdentity, begun: float) -> Ending | None:
    """Wait for the instant and run the body. None when we had slept so long that we were declared gone: then the
    job has been settled without us. `begun`: before the row was taken, on the steady clock."""
    failpoints.hit("after-acquire")
    ahead = max(clock.seconds_until(started.run_at), 0.0)
    execute_at = wait_until(started.run_at)
    overslept = steady() - begun - ahead
    if overslept > conf().heartbeat_patience / 2:
        # Stopped, suspended or starved: others may count us as gone, and a body must not run beside its successor.
        if not _insist(lambda: heartbeat.renew(worker.session)):
            log.error("job %d was settled while this worker slept for %.1f s", started.job_id, overslept)
            return None
        execute_at = clock.now()
    failpoints.hit("before-body")
    outcome, error = call_alone(started)
    failpoints.hit("after-body")
    return Ending(outcome, execute_at, error)


def cut_short(started: Started, worker: WorkerIdentity) -> None:
    """This pool child was told to stop in the middle of the attempt, whose effects nobody knows. Said once: where the
    database does not answer, the end of the worker will say it."""
    reason = "Its process was told to stop after the start; whether the job had any effect is unknown"
    try:
        connection.close()  # in whatever state it was cut short
        connection.connect()
        transitions.interrupt([worker.session], now=clock.now(), reason=reason, job_id=started.job_id)
    except (DatabaseError, InterfaceError) as error:
        log.warning("job %d was cut short, which could not be recorded: %s", started.job_id, error)


def record(started: Started, ending: Ending) -> None:
    """Write the end, however long the database is away: nobody else knows it."""
    finished_at = clock.now()
    failpoints.hit("before-finish")
    held = _insist(
        lambda: transitions.finish(
            started,
            outcome=ending.outcome,
            execute_at=ending.execute_at,
            finished_at=finished_at,
            error=ending.error,
        )
    )
    if not held:
        log.error(
            "job %d: attempt %d ended after it was settled; its end is in the ledger", started.job_id, started.attempt
        )


def acquire(job_id: int, version: int, worker: WorkerIdentity) -> Started | None:
    """Take the row lock and commit RUNNING. None when there is nothing for us to start."""
    for _ in range(ACQUIRE_TRIES):
        token = uuid.uuid4()
        try:
            now = clock.current()
            asked = clock.timestamp()
            due_before = now + timedelta(seconds=conf().arm_lead) + ARM_SLACK
            started = transitions.acquire(job_id, version, worker=worker, token=token, now=now, due_before=due_before)
            if started is not None and started.read_at is not None:
                clock.check(started.read_at, asked)
            return started
        except (DatabaseError, InterfaceError) as error:
            # The COMMIT may have taken effect. Only the ledger knows, and our token is in it if it has. If it has
            # not, we try again: this message is spent, and after a restart every idle slot has a broken connection.
            log.warning("job %d: the database failed while it was acquired (%s)", job_id, error)
            connection.close()
            lost = _insist(partial(transitions.acquired_by, job_id, token))
            if lost is not None:
                return lost
    return None


def wait_until(moment: datetime) -> datetime:
    """Sleep until the database's clock has reached `moment`; return what it then reads, never less."""
    due = moment.timestamp()
    while (now := clock.timestamp()) < due:
        time.sleep(due - now)
    return datetime.fromtimestamp(now, tz=UTC)


def call_alone(started: Started) -> tuple[State, str]:
    """Run the body on this slot's connection and take it back as it was: a body that leaves a transaction open, or
    autocommit off, would take the next starts of this slot into a transaction that may never commit."""
    before = len(connection.atomic_blocks), connection.autocommit
    ended = call(started)
    if (len(connection.atomic_blocks), connection.autocommit) != before:
        log.error("job %d (%s) left a transaction open; it is rolled back", started.job_id, started.target)
        connection.close()
        connection.connect()
    return ended


def call(started: Started) -> tuple[State, str]:
    """Run the body. Returns how it ended and, if it failed, why."""
    try:
        target = targets.find(started.target)
        target.call(**target.check(started.payload))
    except BaseException as error:  # a job may raise anything, SystemExit too
        if isinstance(error, SystemExit) and error.code in TOLD_TO_STOP:
            raise
        log.warning("job %d (%s) failed: %r", started.job_id, started.target, error)
        return State.FAILED, f"{type(error).__name__}: {error}"
    return State.COMPLETED, ""


def _insist(question: Callable[[], T]) -> T:
    """Ask the database until it answers, as long as this process lives."""
    for pause in chain(DATABASE_RETRIES, repeat(LONGEST_RETRY)):
        time.sleep(pause)
        try:
            return question()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the database failed (%s); trying again", error)
            connection.close()
    raise AssertionError("it repeats for ever")
