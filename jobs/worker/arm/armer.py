"""Takes the rows of due jobs a lead ahead, as many as have a slot, and puts each into its slot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from jobs import transitions
from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.database import connection
from jobs.events import emit
from jobs.events.worker.arm import JobsNotArmed
from jobs.transitions import WorkerIdentity
from jobs.worker.arm.handoff import MOST_HOPS
from jobs.worker.arm.limited import Limited
from jobs.worker.arm.taking import Taking
from jobs.worker.arm.waiting_jobs import Waiting, WaitingJobs
from jobs.worker.process import warming
from jobs.worker.record.batching import GATHER, gather_until
from jobs.worker.run.slots import Slots

AT_A_TIME = 200  # rows in one transaction
LOOK_AGAIN = 5.0  # seconds: the steady clock goes on while the machine sleeps, a wait does not
PASS_ON_EVERY = 0.01  # seconds
ENOUGH = 0.8  # share of all slots that are free for one transaction: with half of them a no-op costs a tenth more
CROWDED_FOR = 0.005  # seconds until the recorder is looked at again


class Armer:
    """The thread that arms: it has the jobs that wait here, takes their rows, and puts them into slots."""

    def __init__(
        self,
        slots: Slots,
        identity: Callable[[], WorkerIdentity | None],
        pass_on: Callable[[Sequence[Waiting]], None],
        is_wanted: Callable[[str], bool] = lambda queue: True,
    ) -> None:
        """Make it. `pass_on` sends jobs without a slot to other workers; `is_wanted` says whether one of them might
        take more of a queue than it finds there."""
        self._slots = slots
        self._identity = identity
        self._pass_on = pass_on
        self._is_wanted = is_wanted
        self._waiting = WaitingJobs()
        self._changed = threading.Condition()
        self._stopping = False
        self._until = float("inf")  # what is due later is not for this worker, which stops
        self._passed_on_at = self._taken_at = 0.0  # on the steady clock
        self._thread: threading.Thread | None = None
        self._limited = Limited(Taking(slots, identity, self._again, self._hurry, sharing=True))
        self._taking = Taking(slots, identity, self._again, self._hurry)
        self.warmed = [threading.Event(), self._limited.warmed]
        self._starved = False  # it waits for a slot
        slots.on_free = self._freed

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="arming", daemon=True)
        self._thread.start()
        self._limited.start()

    def add(self, *jobs: Waiting) -> None:
        """Have these jobs start at their times. From any thread."""
        later = []
        with self._changed:
            before = self._waiting.next_at
            for waiting in jobs:
                if waiting.run_at <= self._until:
                    self._waiting.add(waiting)
                else:
                    later.append(waiting)
            if self._waiting.next_at < before:
                self._changed.notify()
        for waiting in later:
            waiting.hand_back()

    def leave(self, until: float) -> None:
        """Begin to stop: start what is due until then (seconds since the epoch, by the database's clock) and has a
        slot; hand back all else."""
        with self._changed:
            self._until = until
            later = self._waiting.take_after(until)
            self._changed.notify()
        for waiting in later:
            waiting.hand_back()

    def _again(self, waiting: Waiting) -> None:
        """Take this job up again at its `again_at`, if this worker does not stop before."""
        with self._changed:
            if not self._stopping and waiting.due(conf().arm_lead) <= self._until:
                self._waiting.add(waiting, conf().arm_lead)
                self._changed.notify()
                return
        waiting.hand_back()

    def _hurry(self, sooner: Sequence[Waiting]) -> None:
        with self._changed:
            for waiting in sooner:
                self._waiting.hurry(waiting, conf().arm_lead)
            self._changed.notify()

    def close(self) -> None:
        """Take nothing any more. Waits for nobody."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def hand_back(self) -> None:
        """Hand back all that waits, for the broker to deliver elsewhere: when nothing is taken any more."""
        with self._changed:
            left = self._waiting.take(float("inf"), len(self._waiting))
        for waiting in left:
            waiting.hand_back()

    def stop(self, within: float | None = None) -> None:
        """Take nothing any more; return when the last that was taken has its slot, or after `within` seconds for each
        of those who take."""
        self.close()
        if self._thread is not None:
            self._thread.join(within)
        self._limited.stop(within)
        self._taking.stop(within)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def wake(self) -> None:
        """Look again: the node has begun or ceased to refuse. From any thread."""
        with self._changed:
            self._changed.notify()

    def _freed(self) -> None:
        """Look again if a slot is waited for: to be called for each that is freed would cost more than a short body."""
        if self._starved:
            self.wake()

    def _loop(self) -> None:
        warming.warm(self._warm)
        self.warmed[0].set()
        while not self._stopping:
            batch, surplus, refused = self._next()
            plain = [waiting for waiting in batch if not waiting.limited]
            limited = [waiting for waiting in batch if waiting.limited]  # before those are told that are found to be
            try:
                if plain:
                    limited += self._taking.take(plain)
                if limited:
                    self._limited.put(limited)
                if surplus:
                    self._limited.leave(surplus)
                    self._pass_on(surplus)
                for waiting in refused:
                    waiting.hand_back()
            except Exception as error:  # noqa: BLE001 - the others are to be armed
                emit(JobsNotArmed(len(batch), error))
        connection.close()

    @staticmethod
    def _warm() -> None:
        warming.measure()
        transitions.rehearse_start(now=clock.now())

    def _next(self) -> tuple[list[Waiting], list[Waiting], list[Waiting]]:
        """Wait for the next jobs to arm. Returns those that have a slot, reserved; those to be passed on; and those
        to be handed back, since this worker is to take none."""
        with self._changed:
            while not self._stopping:
                self._starved = True  # before the look: what is freed from now on is told
                if self._slots.refusing and len(self._waiting):
                    return [], [], self._waiting.take(float("inf"), len(self._waiting))
                until = clock.timestamp() + conf().arm_lead
                if self._waiting.next_at > until:
                    self._starved = False
                    self._changed.wait(min(self._waiting.next_at - until, LOOK_AGAIN))
                elif self._slots.crowded:
                    self._changed.wait(CROWDED_FOR)
                elif self._slots.free > 0:
                    return self._gather(), [], []
                elif self._until < float("inf"):  # who stops passes nothing on: the broker does it sooner
                    return [], [], self._waiting.take(until, len(self._waiting))
                elif steady() - self._passed_on_at >= PASS_ON_EVERY:
                    self._passed_on_at = steady()
                    surplus = self._surplus(until)
                    if surplus:
                        return [], surplus, []
                else:
                    self._changed.wait(PASS_ON_EVERY)
        return [], [], []

    def _surplus(self, until: float) -> list[Waiting]:
        """Remove and return the jobs to pass on, as many as would fill this worker again. With more than those here all
        workers are likely to be full: then only what somebody seems to want, so that the messages do not take the
        cores from the bodies."""
        limit = self._slots.limit
        if self._waiting.more_than(limit, until) and not self._is_wanted(self._waiting.last_queue or ""):
            return []
        return self._waiting.take_last(until, limit, MOST_HOPS)

    def _gather(self) -> list[Waiting]:
        """Remove and return the jobs that are due and have a slot, which it reserves, and for a moment those that come
        after them. With all slots taken by few it waits a moment for more to be freed, since a transaction of one job
        costs as much as one of ten. The lock is held."""
        batch: list[Waiting] = []
        self._starved = False
        until, enough = gather_until(self._taken_at), min(AT_A_TIME, int(self._slots.limit * ENOUGH))
        while True:
            room = min(self._slots.free, AT_A_TIME - len(batch))
            more = self._waiting.take(clock.timestamp() + conf().arm_lead, max(room, 0))
            self._slots.reserve(len(more))
            batch += more
            if room <= len(more):
                if len(batch) >= enough:
                    until = 0.0
                until = min(until, steady() + GATHER)
            left = until - steady()
            if left <= 0:
                self._taken_at = steady()
                return batch
            self._changed.wait(left)
