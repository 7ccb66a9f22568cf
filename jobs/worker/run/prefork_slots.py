"""Slots that are processes: a body there can be killed."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from jobs.clock import clock, steady
from jobs.states import State
from jobs.transitions import Ended, Started
from jobs.worker.process.capacity import Capacity
from jobs.worker.record.recorder import Recorder
from jobs.worker.run import runner
from jobs.worker.run.runner import Armed
from jobs.worker.run.slots import PICKED_UP_WITHIN, Slots

CUT_SHORT = "Its process was told to stop after the start"
KILL_AFTER = 0.5  # seconds beyond its deadline for which a body may end by itself
LOOK_AGAIN = 0.05  # seconds, for a child that has yet to take what is to be killed

Key = tuple[int, int]  # a start: job and attempt


@dataclass
class Given:
    """A start that was given to the pool. `child` is the process that has accepted it, None if none has yet; `result`
    is what the pool knows it by."""

    armed: Armed
    result: Any = None
    child: int | None = None
    deadline: Any = None  # the event loop's timer

    @property
    def started(self) -> Started:
        return self.armed.started


class PreforkSlots(Slots):
    """Children of a prefork pool, which only the event loop's thread may talk to."""

    are_processes = True

    def __init__(
        self,
        pool: Any,
        hub: Any,
        limit: Callable[[], int],
        recorder: Recorder,
        child_lost: Callable[[int, str], None],
        *,
        capacity: Capacity | None = None,
    ) -> None:
        super().__init__(limit, recorder, capacity)
        self._pool = pool
        self._hub = hub
        self._child_lost = child_lost
        self._given: deque[Armed] = deque()
        self._pooled: dict[Key, Given] = {}
        self._killed: set[Key] = set()  # of whose end the pool has yet to tell

    def give(self, armed: Armed) -> None:
        self._given.append(armed)
        with self._lock:
            self.given += 1
        self._hub.call_soon(self._hand_over)

    def wait_until_picked_up(self) -> None:
        self._hand_over()
        loop, until = self._hub.create_loop(), steady() + PICKED_UP_WITHIN
        while any(given.child is None for given in self._pooled.values()) and steady() < until:
            next(loop)  # the pool's end drops what no child has taken

    def cut_short(self) -> None:
        self._hand_over()
        for key, given in list(self._pooled.items()):
            del self._pooled[key]
            self._child_lost(given.started.job_id, CUT_SHORT)
            if given.child is not None:
                with suppress(ProcessLookupError):
                    os.kill(given.child, signal.SIGTERM)

    def keep_through(self, flush: Callable[[], None]) -> None:
        """Keep what was given through the flush: what no child has begun to read is given to the pool again, and what
        one is reading has begun."""
        self._hand_over()
        unread = {id(result) for result in self._pool._pool.outbound_buffer}
        for key, given in list(self._pooled.items()):
            if given.child is None and id(given.result) in unread:
                self._forget(key)
                self._given.append(given.armed)
            elif given.child is None:
                given.result._accepted = True  # Celery 5.7's flush spares these, and finishes what it is writing
        flush()
        self._hub.call_soon(self._hand_over)

    def job_ids(self) -> list[int]:
        return [job_id for job_id, _ in list(self._pooled)]

    def stop(self, job_id: int, attempt: int, why: str) -> None:
        reason = f"{why}. Its process was killed: what it has done is not known."
        self._hub.call_soon(partial(self._kill, (job_id, attempt), reason, ("cancelled",)))

    def _hand_over(self) -> None:
        while self._given:
            armed = self._given.popleft()
            started = armed.started
            key = started.job_id, started.attempt
            given = self._pooled[key] = Given(armed)
            given.result = self._pool.apply_async(
                runner.run_in_child,
                (armed,),
                accept_callback=partial(self._accepted, key),
                callback=partial(self._ended, key),
                error_callback=partial(self._lost, key),
            )
            if started.ends_by is not None:
                reason = f"Its deadline of {started.deadline} s passed; its process was killed"
                late = partial(self._kill, key, reason, ("failure", "deadline"))
                left = max(clock.seconds_until(started.ends_by), 0.0)
                given.deadline = self._hub.call_later(left + KILL_AFTER, late)

    def _kill(self, key: Key, reason: str, kinds: tuple[str, ...]) -> None:
        """Kill the child that runs this start, and record why; does nothing if the start has ended. A child takes its
        next job only when we have heard of the end of the last."""
        given = self._pooled.get(key)
        if given is None:
            return
        if given.child is None:
            self._hub.call_later(LOOK_AGAIN, partial(self._kill, key, reason, kinds))
            return
        self._forget(key)
        self._killed.add(key)
        with suppress(ProcessLookupError):
            os.kill(given.child, signal.SIGKILL)
        self._recorder.put(Ended(given.started, State.FAILED, None, clock.now(), reason, None, kinds))
        self.release(1)

    def _accepted(self, key: Key, child: int, *args: Any) -> None:
        if key in self._pooled:
            self._pooled[key].child = child

    def _ended(self, key: Key, ended: Ended | None) -> None:
        if self._was_killed(key):
            return
        if ended is not None:
            self._recorder.put(ended)
        self._forget(key)
        self.release(1)

    def _lost(self, key: Key, info: Any) -> None:
        """React to a child that died, or was killed at its time limit: nobody else will record the end of its job."""
        if self._was_killed(key):
            return
        error = getattr(info.exception, "exc", info.exception)
        if self._forget(key):
            self._child_lost(key[0], f"Its process died after the start ({type(error).__name__}: {error})")
        self.release(1)

    def _forget(self, key: Key) -> bool:
        given = self._pooled.pop(key, None)
        if given is not None and given.deadline is not None:
            given.deadline.cancel()
        return given is not None

    def _was_killed(self, key: Key) -> bool:
        """Return whether we have killed this start, recorded that and given its slot back; forgets it."""
        killed = key in self._killed
        self._killed.discard(key)
        return killed
