"""Waits in a slot for the exact instant, runs the body, says how it ended. Nothing here writes to the database."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, cast

from jobs import failpoints, targets
from jobs.clock import Reading, clock, steady
from jobs.conf import conf
from jobs.events import emit
from jobs.events.worker.run import AttemptCutShort, NotEntered, SettledWhileAsleep
from jobs.models import Job
from jobs.setting_kinds import Number
from jobs.settings_table import BY_NAME
from jobs.states import State
from jobs.transitions import Ended, Started
from jobs.transitions.limits import overtaken
from jobs.transitions.limits.pausing import ANSWERED_AFTER
from jobs.worker.process import heartbeat
from jobs.worker.record.database_retry import retry_until_answered
from jobs.worker.run import current, running, sessions, threads
from jobs.worker.run.outcome import How, at_last, call, cancelled, ended, judged
from jobs.worker.run.together import Together

# Seconds before the instant in which a slot does not sleep any more: a sleep ends a tenth of a millisecond late. Short,
# since slots that are due together share the cores, and not at all in a crowd of them.
SPIN = 0.0001
CROWD = 8
# Seconds of silence for which no worker counts as gone, whatever is set: each job would read the setting.
NEVER_GONE = cast(Number, BY_NAME["JOBS_HEARTBEAT_PATIENCE"]).low / 2


class Armed(NamedTuple):
    """A start on its way to a slot."""

    started: Started
    #: The worker's session under which its row was taken.
    session: uuid.UUID
    #: Before its row was taken, in seconds on the steady clock.
    begun: float
    #: How our clock follows the database's, for a pool child, which measures none.
    reading: Reading
    #: How many starts were taken together, this one included.
    among: int = 1


def run(armed: Armed) -> Ended | None:
    """Start the job on time and say how it ended. Never raises for what the job does.

    None when we had slept so long that we were declared gone: then the job has been settled without us.
    """
    try:
        return attend(armed)
    except Exception as error:  # noqa: BLE001 - the end says so
        started = armed.started
        emit(AttemptCutShort(started.job_id, started.attempt, error))
        why = f"An error of the worker, not of the job: {error!r}"
        return Ended(started, State.INTERRUPTED, None, clock.now(), why)


def run_in_slot(armed: Armed) -> Ended | None:
    """Run the job like `run`, with this thread's connections looked after: one that has broken since the last body is
    found out at its next query."""
    sessions.freshen()
    return run(armed)


def run_in_child(armed: Armed) -> Ended | None:
    """Run the job like `run_in_slot` in a pool child, which measures no clock."""
    clock.follow(armed.reading)
    return run_in_slot(armed)


def attend(armed: Armed) -> Ended | None:
    """Have the body run at its instant, unless the job was settled without us meanwhile."""
    context = running.enter(armed.started)
    body, token = current.begin(context)
    try:
        return _attend(armed, context, body)
    finally:
        current.end(token)
        running.leave(context)


def _attend(armed: Armed, context: targets.Context, body: current.Body) -> Ended | None:
    started = armed.started
    before = sessions.before()
    beside = threads.aside()
    # Before the instant: at it, slots that are due together share the cores, and each line of ours makes them later.
    target, unprepared = prepare(started, context, body)
    try:
        entered = wait(armed)
        if entered is None:
            return None
        failpoints.hit("before-body")
        not_entered = cancelled(context) if context.cancelled else unprepared
        how = not_entered or call(partial(body.enter, target), context)
        failpoints.hit("after-body")
        finished_at = clock.likely(clock.timestamp())
    finally:
        target.close()
        sessions.take_back(body, before)
        beside.take_back(body)
        sessions.sever(body)
    how = at_last(started, judged(started, how, body.left_open), finished_at)
    # The instant is never early; what is written down is the best estimate, and so not before it either.
    execute_at = None if not_entered else clock.likely(entered)
    return ended(started, how, execute_at, finished_at, context.execution)


def wait(armed: Armed) -> float | None:
    """Wait for the instant; return when the body is entered, in seconds since the epoch. None when the job was settled
    without us, or is held by a pause that has been answered."""
    due, asked = armed.started.due.timestamp(), armed.begun
    left = max(due - clock.timestamp(), 0.0)
    if left and steady() + left > asked + ANSWERED_AFTER:  # its row was taken long ahead
        wait_until(due - ANSWERED_AFTER / 2, 0.0)
        looked = _looked(armed.started)
        if looked is None:
            return None
        asked = looked
    entered = wait_until(due, SPIN if armed.among <= CROWD else 0.0)
    overslept = steady() - armed.begun - left
    if overslept > NEVER_GONE and overslept > conf().heartbeat_patience / 2:
        # Stopped, suspended or starved: others may count us as gone, and a body must not run beside its successor.
        lives, _ = _renewals.ask(armed.session)
        if not lives:
            emit(SettledWhileAsleep(armed.started.job_id))
            return None
        entered = clock.timestamp()
    while steady() > asked + ANSWERED_AFTER:  # a slow COMMIT, or a slow machine: what was read is no longer true
        looked = _looked(armed.started)
        if looked is None:
            return None
        asked, entered = looked, clock.timestamp()
    return entered


def _looked(started: Started) -> float | None:
    """Return when this start was last known to be wanted, in seconds on the steady clock; None if it is over."""
    paused, asked = _pauses.ask((started.job_id, started.attempt))
    if paused is False:
        return asked
    asked = steady()
    if retry_until_answered(lambda: overtaken.is_over(started, now=clock.current())):
        emit(NotEntered(started.job_id))
        return None
    return asked


def _renew(lives: Sequence[uuid.UUID]) -> dict[uuid.UUID, bool]:
    return {session: retry_until_answered(partial(heartbeat.renew, session)) for session in set(lives)}


def _which_paused(starts: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bool | None]:
    return dict.fromkeys(starts) | retry_until_answered(lambda: Job.objects.which_paused(starts))


_renewals = Together(_renew)
_pauses = Together(_which_paused)


def prepare(started: Started, context: targets.Context, body: current.Body) -> tuple[targets.Call, How | None]:
    """Return the body with its checked arguments, or one that raises what was wrong with them; and how the job ends at
    its time without entering it, if the target's own preparation has failed, else None."""
    try:
        target = targets.find(started.target).bind(started.payload, context)
    except Exception as error:  # noqa: BLE001 - the job fails at its time, with the reason
        return targets.Call(_raises(error), None, context), None
    if not target.prepares:
        return target, None
    how = call(partial(body.enter, target.load), context)
    return target, None if how.outcome == State.COMPLETED else how


def _raises(error: Exception) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


def wait_until(due: float, spin: float) -> float:
    """Sleep until the database's clock has reached `due`, but for the last `spin` seconds; return what it then reads,
    never less. Both are seconds since the epoch."""
    while (now := clock.timestamp()) < due:
        if due - now > spin:
            time.sleep(due - now - spin)
    return now
