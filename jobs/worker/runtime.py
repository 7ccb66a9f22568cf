"""Makes the parts that a worker needs for jobs, starts them before its first message and stops them after its last
body."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from celery import bootsteps
from celery.worker import state
from kombu.common import ignore_errors

from jobs.clock import clock
from jobs.conf import conf
from jobs.events import emit
from jobs.events.worker.process import MessagesKept, WorkerStops
from jobs.metrics.serving import serve
from jobs.metrics.table import Giver
from jobs.nodes.cache import Vitals, cache
from jobs.nodes.thresholds import limits
from jobs.worker.arm.armer import Armer
from jobs.worker.arm.handoff import Handoff
from jobs.worker.process import (
    control,  # noqa: F401 - commands that Celery finds when it is imported
    lifecycle,
    options,
    warming,
)
from jobs.worker.process.capacity import Capacity
from jobs.worker.process.minutes import Minutes
from jobs.worker.receive.strategy import JobStrategy
from jobs.worker.record.promoting import Promoting
from jobs.worker.record.recorder import Recorder
from jobs.worker.run.prefork_slots import PreforkSlots
from jobs.worker.run.slots import Slots, ThreadSlots

# Seconds: what is due so soon when a worker is told to stop is started by it, which is warm. What is due later is
# elsewhere by then, also on a machine that is busy with starting the next worker.
HANDOVER = 1.0


class Runtime:
    """The rooms of one worker process, wired together."""

    def __init__(self, worker: Any) -> None:
        self.recorder = Recorder()
        self.promoting = Promoting()
        self.capacity = Capacity(limits(conf()))
        self.minutes = Minutes()
        self.slots = _slots(worker, self.recorder, self.capacity)
        self.handoff = Handoff(worker.hostname)
        self.armer = Armer(self.slots, lifecycle.proven_identity, self.handoff.put, self.handoff.is_wanted)
        self._strategy: JobStrategy | None = None
        self.capacity.on_reading = self._tell
        self.capacity.on_change = self._changed

    def start(self) -> None:
        self.capacity.start()
        self.slots.start()
        self.recorder.start()
        self.promoting.start()
        self.handoff.start(give_up=self.armer.add)
        self.armer.start()
        warming.wait([*self.armer.warmed, self.recorder.warmed, self.promoting.warmed])

    def figures(self) -> dict[str, Callable[[], float]]:
        """Return the metrics of this process that are read, not counted."""
        return {
            "runat_process_slots": lambda: self.slots.limit,
            "runat_process_slots_busy": lambda: self.slots.taken,
            "runat_process_waiting": lambda: self.armer.waiting,
            "runat_process_ends_waiting": lambda: self.recorder.waiting,
        }

    def row(self, others: int) -> dict[str, Any]:
        """Return what the worker's row says of its jobs; `others` are Celery's own tasks, which take slots, too."""
        return {"running": self.slots.taken + others, "waiting": self.armer.waiting, **self.minutes.row()}

    def strategy_for(self, consumer: Any) -> JobStrategy:
        """Make the strategy for a new connection to the broker; messages of the last one cannot be acknowledged any
        more."""
        self.disconnected()
        self._strategy = JobStrategy(
            consumer, self.armer.add, clock.timestamp, lambda: self.capacity.refusing, lifecycle.beat_now
        )
        return self._strategy

    def follow(self) -> None:
        """Take messages, or none, as the node says. By the thread of the event loop only."""
        if self._strategy is not None:
            self._strategy.follow()

    def _changed(self) -> None:
        """React to a node that has begun or ceased to refuse: what waits here goes back, and the worker's row says so
        at once."""
        if self._strategy is not None:
            self._strategy.follow_soon()
        self.armer.wake()
        lifecycle.beat_now()

    def _tell(self) -> None:
        at, slots = clock.timestamp(), self.slots
        self.minutes.see(at, slots.given, slots.taken, slots.limit)
        vitals = Vitals(at, self.capacity.reading, slots.taken, self.capacity.refusing)
        cache.put(lifecycle.identity().session, vitals)

    def leave(self, turn: Callable[[], object]) -> None:
        """Begin to stop: hand back what waits for later, and have what is due at once in its slot. `turn` is one turn
        of the event loop, which goes on meanwhile. By its thread only."""
        if self._strategy is None:
            return
        until = clock.timestamp() + conf().arm_lead + HANDOVER
        self._strategy.leave()
        self.armer.leave(until)
        self._strategy.hand_back()
        emit(WorkerStops(self.armer.waiting))
        while (self.armer.waiting or self._strategy.is_asking) and clock.timestamp() < until:
            turn()

    def stop(self) -> None:
        """Take nothing any more, and have all that was taken in its slot."""
        self.handoff.stop()
        self.armer.stop()
        self.slots.wait_until_picked_up()

    def give_back(self) -> None:
        """Tell the broker, at the end of a stop, of what is dealt with, and hand back what waits. By the thread of the
        event loop only."""
        self.armer.hand_back()
        if self._strategy is not None:
            self._strategy.stop_asking()
            self._strategy.hand_back()
            self._strategy.acknowledge()  # also of what has gone out in other messages just now
            self._strategy.close()

    def close(self) -> None:
        """Take nothing any more. Waits for nobody: a signal's handler calls it."""
        self.handoff.stop()
        self.armer.close()

    def cut_short(self) -> None:
        """Take nothing any more, and end what can be ended, at once."""
        self.handoff.stop()
        self.armer.stop(lifecycle.COLD_STOP)
        self.slots.cut_short()

    def disconnected(self) -> None:
        if self._strategy is not None:
            self._strategy.close()


def _slots(worker: Any, recorder: Recorder, capacity: Capacity) -> Slots:
    pool = worker.pool
    executor = getattr(pool, "executor", None)
    if executor is not None:
        return ThreadSlots(executor, lambda: pool.limit, recorder, capacity)
    return PreforkSlots(pool, worker.hub, lambda: pool.num_processes, recorder, lifecycle.child_lost, capacity=capacity)


class RuntimeStep(bootsteps.StartStopStep):
    """The step of a worker's life between the consumer, which stops first, and the pool, which waits for the bodies.

    A worker that is told to stop gives the jobs that wait here back to the broker at once. Celery closes its connection
    to the broker, and with it hands messages back, only when the last body has ended: minutes in which they get late.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        options.check(worker)
        options.take_plain_jobs(worker)
        worker.jobs = None
        super().__init__(worker, **kwargs)

    def start(self, worker: Any) -> None:
        worker.jobs = Runtime(worker)
        worker.jobs.start()
        serve(Giver.WORKER, worker.jobs.figures())
        lifecycle.ready(worker)

    def stop(self, worker: Any) -> None:
        worker.jobs.stop()
        worker.jobs.give_back()
        _hand_back(worker)

    def terminate(self, worker: Any) -> None:
        worker.jobs.cut_short()
        try:
            worker.jobs.give_back()
            _hand_back(worker)
        finally:
            lifecycle.leave(worker.jobs, lifecycle.COLD_STOP)


def _hand_back(worker: Any) -> None:
    """Close the consumer's connection when nothing that runs needs it any more to acknowledge."""
    consumer = getattr(worker, "consumer", None)
    if consumer is None or consumer.connection is None:
        return
    if not all(request.acknowledged for request in tuple(state.active_requests)):
        emit(MessagesKept())
        return
    connection, consumer.connection = consumer.connection, None
    ignore_errors(connection, connection.close)
    for callback in worker.hub._pop_ready():  # else the hub reads the closed connection once more at its own end
        with suppress(Exception):
            callback()
