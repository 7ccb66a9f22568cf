"""The slots of a worker: where bodies run, on threads or in pool children. A slot is reserved before a row is taken."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import Any

from jobs.clock import steady
from jobs.transitions import Ended
from jobs.worker import runner
from jobs.worker.recorder import Recorder
from jobs.worker.runner import Armed

CUT_SHORT = "Its process was told to stop after the start"
SETTLE_FOR = 5.0  # seconds for what was given to reach its slot when the worker stops


class Slots:
    """Counts the slots. How a body gets into one is its heirs' affair."""

    def __init__(self, limit: Callable[[], int], recorder: Recorder) -> None:
        self._limit = limit
        self._recorder = recorder
        self._taken = 0
        self._lock = threading.Lock()
        self.on_free: Callable[[], None] = lambda: None

    @property
    def limit(self) -> int:
        return self._limit()

    @property
    def taken(self) -> int:
        """Reserved, armed or running."""
        return self._taken

    @property
    def free(self) -> int:
        """How many more jobs may be taken."""
        return self.limit - self._taken

    @property
    def crowded(self) -> bool:
        """Whether ends pile up that the database has yet to hear of: then no more jobs may be taken."""
        return self._recorder.crowded

    def reserve(self, slots: int) -> None:
        with self._lock:
            self._taken += slots

    def release(self, slots: int) -> None:
        if slots:
            with self._lock:
                self._taken -= slots
            self.on_free()

    def give(self, armed: Armed) -> None:
        """Run this job in a slot that was reserved for it. From any thread; does not wait for it."""
        raise NotImplementedError

    def settle(self) -> None:
        """Before the pool stops: see to it that all that was given has reached its slot."""

    def cut_short(self) -> None:
        """End what can be ended, at once. A thread cannot: what it has begun it ends."""


class ThreadSlots(Slots):
    """Threads of this process."""

    def __init__(self, executor: Executor, limit: Callable[[], int], recorder: Recorder) -> None:
        super().__init__(limit, recorder)
        self._executor = executor
        self._entered = threading.Condition(self._lock)
        self._outside = 0  # given, and not yet picked up by a thread

    def give(self, armed: Armed) -> None:
        with self._lock:
            self._outside += 1
        self._executor.submit(self._run, armed)

    def settle(self) -> None:
        with self._entered:  # the pool's end cancels what no thread has picked up
            self._entered.wait_for(lambda: not self._outside, SETTLE_FOR)

    def _run(self, armed: Armed) -> None:
        with self._entered:
            self._outside -= 1
            self._entered.notify()
        try:
            ended = runner.run_in_slot(armed)
            if ended is not None:
                self._recorder.put(ended)
        finally:
            self.release(1)


class ChildSlots(Slots):
    """Children of a prefork pool, which only the event loop's thread may talk to."""

    def __init__(
        self,
        pool: Any,
        hub: Any,
        limit: Callable[[], int],
        recorder: Recorder,
        child_lost: Callable[[int, str], None],
    ) -> None:
        super().__init__(limit, recorder)
        self._pool = pool
        self._hub = hub
        self._child_lost = child_lost
        self._given: deque[Armed] = deque()
        self._children: dict[int, int | None] = {}  # by job: the child that has accepted it, None if none has yet

    def give(self, armed: Armed) -> None:
        self._given.append(armed)
        self._hub.call_soon(self._hand_over)

    def settle(self) -> None:
        self._hand_over()
        loop, until = self._hub.create_loop(), steady() + SETTLE_FOR
        while None in self._children.values() and steady() < until:
            next(loop)  # the pool's end drops what no child has taken

    def cut_short(self) -> None:
        self._hand_over()
        for job_id, child in list(self._children.items()):
            del self._children[job_id]
            self._child_lost(job_id, CUT_SHORT)
            if child is not None:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGTERM)

    def _hand_over(self) -> None:
        while self._given:
            armed = self._given.popleft()
            job_id = armed.started.job_id
            self._children[job_id] = None
            self._pool.apply_async(
                runner.run_in_child,
                (armed,),
                accept_callback=partial(self._accepted, job_id),
                callback=partial(self._ended, job_id),
                error_callback=partial(self._lost, job_id),
            )

    def _accepted(self, job_id: int, child: int, *args: Any) -> None:
        if job_id in self._children:
            self._children[job_id] = child

    def _ended(self, job_id: int, ended: Ended | None) -> None:
        if ended is not None:
            self._recorder.put(ended)
        self._children.pop(job_id, None)
        self.release(1)

    def _lost(self, job_id: int, info: Any) -> None:
        """The child died, or was killed at its time limit: nobody else will record the end of its job."""
        error = getattr(info.exception, "exc", info.exception)
        if job_id in self._children:
            del self._children[job_id]
            self._child_lost(job_id, f"Its process died after the start ({type(error).__name__}: {error})")
        self.release(1)
