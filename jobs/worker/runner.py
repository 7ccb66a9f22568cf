"""In a slot: wait for the exact instant, run the body, say how it ended. Nothing here writes to the database."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from django.db import close_old_connections, connection

from jobs import failpoints, targets
from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.states import State
from jobs.transitions import Ended, Started
from jobs.worker import heartbeat
from jobs.worker.insist import insist

log = logging.getLogger(__name__)
Body = Callable[[], object]

TOLD_TO_STOP = range(1 - 256, 65 - 256)  # with what a pool child exits that gets a signal: its number less 256
# Seconds before the instant in which a slot does not sleep any more: a sleep ends a tenth of a millisecond late. Short,
# since slots that are due together share the cores.
SPIN = 0.0001
UNTOUCHED = 0, True  # no transaction open, and autocommit on


@dataclass(frozen=True)
class Armed:
    """A start on its way to a slot. `begun`: before its row was taken, in seconds on the steady clock. `reading`: how
    our clock follows the database's, for a pool child, which measures none."""

    started: Started
    session: uuid.UUID
    begun: float
    reading: float


def run(armed: Armed) -> Ended | None:
    """Start the job on time and say how it ended. Never raises for what the job does.

    None when we had slept so long that we were declared gone: then the job has been settled without us.
    """
    try:
        return attend(armed)
    except Exception as error:
        started = armed.started
        log.exception("job %d: attempt %d was cut short by an error of ours", started.job_id, started.attempt)
        why = f"An error of the worker, not of the job: {error!r}"
        return Ended(started, State.INTERRUPTED, None, clock.now(), why)


def run_in_slot(armed: Armed) -> Ended | None:
    """The same with a body's own connections looked after: one that has broken since the last body is found out at
    its next query."""
    close_old_connections()
    return run(armed)


def run_in_child(armed: Armed) -> Ended | None:
    """The same in a pool child, which measures no clock."""
    clock.follow(armed.reading)
    return run_in_slot(armed)


def attend(armed: Armed) -> Ended | None:
    """Wait for the instant and run the body, unless the job was settled without us meanwhile."""
    started = armed.started
    body = prepare(started)  # before the instant: nothing of ours stands between it and the body
    ahead = max(clock.seconds_until(started.run_at), 0.0)
    execute_at = wait_until(started.run_at)
    overslept = steady() - armed.begun - ahead
    if overslept > conf().heartbeat_patience / 2:
        # Stopped, suspended or starved: others may count us as gone, and a body must not run beside its successor.
        if not insist(lambda: heartbeat.renew(armed.session)):
            log.error("job %d was settled while this worker slept for %.1f s", started.job_id, overslept)
            return None
        execute_at = clock.now()
    failpoints.hit("before-body")
    outcome, error = call_alone(started, body)
    failpoints.hit("after-body")
    return Ended(started, outcome, execute_at, clock.now(), error)


def prepare(started: Started) -> Body:
    """The body with its checked arguments; one that raises what was wrong with them, if something was."""
    try:
        target = targets.find(started.target)
        return partial(target.call, **target.check(started.payload))
    except Exception as error:  # noqa: BLE001 - the job fails at its time, with the reason
        return partial(_fail, error)


def _fail(error: Exception) -> None:
    raise error


def wait_until(moment: datetime) -> datetime:
    """Sleep until the database's clock has reached `moment`; return what it then reads, never less."""
    due = moment.timestamp()
    while (now := clock.timestamp()) < due:
        if due - now > SPIN:
            time.sleep(due - now - SPIN)
    return datetime.fromtimestamp(now, tz=UTC)


def call_alone(started: Started, body: Body) -> tuple[State, str]:
    """Run the body on this slot's connection and take it back as it was: a body that leaves a transaction open, or
    autocommit off, would take the next body of this slot into a transaction that may never commit."""
    before = _transaction() if connection.connection is not None else UNTOUCHED
    ended = call(started, body)
    if connection.connection is not None and _transaction() != before:
        log.error("job %d (%s) left a transaction open; it is rolled back", started.job_id, started.target)
        connection.close()
    return ended


def _transaction() -> tuple[int, bool]:
    return len(connection.atomic_blocks), connection.autocommit


def call(started: Started, body: Body) -> tuple[State, str]:
    """Run the body. Returns how it ended and, if it failed, why."""
    try:
        body()
    except BaseException as error:  # a job may raise anything, SystemExit too
        if isinstance(error, SystemExit) and error.code in TOLD_TO_STOP:
            raise  # its parent tells of it: whether the job had any effect is unknown
        log.warning("job %d (%s) failed: %r", started.job_id, started.target, error)
        return State.FAILED, f"{type(error).__name__}: {error}"
    return State.COMPLETED, ""
