"""The slots of a worker: where bodies run, on threads or in pool children. A slot is reserved before a row is taken."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from typing import Any

from celery.worker import state
from django.db import close_old_connections, connections

from jobs.clock import clock
from jobs.states import State
from jobs.transitions import Ended
from jobs.worker.process import tuning
from jobs.worker.process.capacity import Capacity
from jobs.worker.record.recorder import Recorder, record
from jobs.worker.run import runner, running, stacks
from jobs.worker.run.runner import Armed

CROWD = 8  # jobs in line that are late: then all that there is to win is time for them
READY_WITHIN = 10.0  # seconds
PICKED_UP_WITHIN = 5.0  # seconds for what was given to reach its slot when the worker stops
TOO_LATE = "It was acquired by a worker that had stopped meanwhile; its body was not entered"


class Slots:
    """Counts the slots. How a body gets into one is its heirs' affair."""

    def __init__(self, limit: Callable[[], int], recorder: Recorder, capacity: Capacity | None = None) -> None:
        self._limit = limit
        self._capacity = capacity or Capacity()
        self._recorder = recorder
        self._taken = 0
        self.given = 0  # starts so far
        self._lock = threading.Lock()
        self.on_free: Callable[[], None] = lambda: None

    @property
    def limit(self) -> int:
        return self._limit()

    @property
    def taken(self) -> int:
        """The number of slots that are reserved, armed or running."""
        return self._taken

    @property
    def free(self) -> int:
        """The number of jobs that may be taken now: the one rule of balance. 0 while the node refuses, by its reading
        in memory or by a person's word; below 0 in a smaller pool. Celery's own tasks run in the same pool: each that
        it was given has a slot."""
        return 0 if self.refusing else self.limit - self._taken - len(state.reserved_requests)

    @property
    def refusing(self) -> str:
        """The reason why no jobs are to be taken, not even later; empty when they are."""
        return self._capacity.refusing

    @property
    def crowded(self) -> bool:
        """Is true while ends pile up that the database has yet to hear of: then no more jobs may be taken."""
        return self._recorder.crowded

    def reserve(self, slots: int) -> None:
        with self._lock:
            self._taken += slots

    def release(self, slots: int) -> None:
        if slots:
            with self._lock:
                self._taken -= slots
            self.on_free()

    def start(self) -> None:
        """Do before the first job what a slot does once, so that the job need not pay for it."""

    def give(self, armed: Armed) -> None:
        """Run this job in a slot that was reserved for it. From any thread; does not wait for it."""
        raise NotImplementedError

    def wait_until_picked_up(self) -> None:
        """See to it, before the pool stops, that all that was given has reached its slot."""

    def keep_through(self, flush: Callable[[], None]) -> None:
        """Call `flush`, by which Celery makes its pool forget what has not begun when the broker is lost, since the
        broker delivers it again; it knows nothing of jobs, which are started and nobody delivers."""
        flush()

    are_processes = False

    def cut_short(self) -> None:
        """End what can be ended, at once. A thread cannot: what it is given it ends."""

    def finish(self) -> None:
        """Return when all that was given has ended. From then on no body is entered: the worker is about to say
        good-bye, and others settle what it has."""

    def job_ids(self) -> list[int]:
        """Return the ids of the jobs that are in slots."""
        raise NotImplementedError

    def stacks(self, job_ids: Collection[int]) -> dict[str, Any] | None:
        """Return by job where its body is in its code; None: it runs where this process cannot look."""
        return None

    def stop(self, job_id: int, attempt: int, why: str) -> None:
        """Tell this start that it is to stop, or end it; does nothing if it has ended. From any thread."""
        raise NotImplementedError


class ThreadSlots(Slots):
    """Threads of this process. Each takes the next job from one line when it has done with its last.

    A thread is called from the pool by whoever gives the first job of the line, and then by each thread before its own
    job, while there are more: a job that has a slot waits for no other's body. What ends as fast as it begins, few
    threads do.
    """

    def __init__(
        self, executor: Executor, limit: Callable[[], int], recorder: Recorder, capacity: Capacity | None = None
    ) -> None:
        super().__init__(limit, recorder, capacity)
        self._executor = executor
        self._ended = threading.Condition(self._lock)
        self._line: deque[Armed] = deque()
        self._called = False  # a thread that has yet to look into the line
        self._given = 0  # and not ended
        self._finished = False

    def start(self) -> None:
        """Have all threads made: the executor makes one when there is more to do than threads that do nothing."""
        here = threading.Barrier(self.limit)
        wait([self._executor.submit(_ready, here) for _ in range(self.limit)], READY_WITHIN)

    def give(self, armed: Armed) -> None:
        with self._lock:
            too_late = self._finished
            if not too_late:
                self._line.append(armed)
                self._given += 1
                self.given += 1
            call = self._is_to_call()
        if too_late:
            self._refuse(armed)
        if call:
            self._call()

    def finish(self) -> None:
        with self._ended:
            self._ended.wait_for(lambda: not self._given)
            self._finished = True

    def job_ids(self) -> list[int]:
        return running.ids()

    def stacks(self, job_ids: Collection[int]) -> dict[str, Any] | None:
        return stacks.of(job_ids)

    def stop(self, job_id: int, attempt: int, why: str) -> None:
        running.ask_to_stop(job_id, attempt, why)

    def _is_to_call(self) -> bool:
        """Return whether the caller is to call a thread: jobs are in line, and none is on its way. The lock is held."""
        if self._called or not self._line:
            return False
        self._called = True
        return True

    def _call(self) -> None:
        try:
            future = self._executor.submit(self._work)
        except RuntimeError:  # the pool has stopped
            self._beside()
        else:
            future.add_done_callback(self._unless_cancelled)

    def _unless_cancelled(self, future: Future[None]) -> None:
        """Call a thread in place of one that the pool's end has cancelled: none of its threads was free, as while
        Celery's own tasks have them."""
        if future.cancelled():
            self._beside()

    def _beside(self) -> None:
        """Have a thread of its own run what is acquired and the pool does not take any more."""

        def work_and_close() -> None:
            try:
                self._work()
            finally:
                connections.close_all()

        try:
            threading.Thread(target=work_and_close, name="beside-the-pool").start()
        except RuntimeError:  # no thread can be made: those that there are go on with the line
            self._called = False

    def _refuse(self, armed: Armed) -> None:
        """Record a start that came too late as interrupted, here: the worker has said good-bye, and the recorder is
        gone."""
        record([Ended(armed.started, State.INTERRUPTED, None, clock.now(), TOO_LATE)])
        self.release(1)

    def _work(self) -> None:
        """Run what is in line, job by job, until nothing is."""
        with self._lock:
            self._called = False
        while True:
            with self._lock:
                if not self._line:
                    return
                armed = self._line.popleft()
                tuning.suit(crowd=len(self._line) >= CROWD and clock.seconds_until(armed.started.due) < 0.0)
                call = self._is_to_call()
            if call:
                self._call()
            self._run(armed)

    def _run(self, armed: Armed) -> None:
        try:
            ended = runner.run_in_slot(armed)
        except BaseException as error:  # noqa: BLE001 - such as a SystemExit that looks like a signal to a child
            why = f"Its slot was left by {type(error).__name__}: whether the job had any effect is unknown"
            ended = Ended(armed.started, State.INTERRUPTED, None, clock.now(), why)
        try:
            if ended is not None:
                self._recorder.put(ended)
        finally:
            with self._ended:
                self._taken -= 1
                self._given -= 1
                if not self._given:
                    self._ended.notify_all()
            self.on_free()


def _ready(here: threading.Barrier) -> None:
    tuning.tune_slot_thread()
    close_old_connections()  # makes this thread's own, which opens when a body first asks
    with suppress(threading.BrokenBarrierError):  # a pool with fewer threads than it says: they are ready all the same
        here.wait(READY_WITHIN / 2)
