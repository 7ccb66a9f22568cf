"""Takes the rows of jobs that have a slot, and puts each that has started into it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from jobs import failpoints
from jobs.clock import clock, steady
from jobs.database import connection
from jobs.events import emit
from jobs.events.attempts import AttemptAcquired
from jobs.events.worker.arm import JobNotTaken
from jobs.transitions import Acquired, AcquireRequest, Started, WorkerIdentity
from jobs.worker.arm import acquisition
from jobs.worker.arm.parking import Parking
from jobs.worker.arm.waiting_jobs import Waiting
from jobs.worker.run.runner import Armed
from jobs.worker.run.slots import Slots


class Taking:
    """Takes rows in one transaction and sees to what becomes of each job of it. With `sharing` takes those that share a
    limit too."""

    def __init__(
        self,
        slots: Slots,
        identity: Callable[[], WorkerIdentity | None],
        again: Callable[[Waiting], None],
        hurry: Callable[[Sequence[Waiting]], None],
        *,
        sharing: bool = False,
    ) -> None:
        """Make it. `again` has a job taken up again at its `again_at`; `hurry` is told that this has become sooner for
        some."""
        self._slots = slots
        self._identity = identity
        self._again = again
        self._hurry = hurry
        self._parking = Parking()
        self._sharing = sharing
        self._resolving: set[threading.Thread] = set()

    def stop(self, within: float | None = None) -> None:
        """Return, when nothing more is given to `take`, once those in doubt have their slots, too, or after `within`
        seconds for each of them."""
        for thread in tuple(self._resolving):
            thread.join(within)

    def take(self, batch: Sequence[Waiting]) -> list[Waiting]:
        """Take these jobs, each of which has a slot reserved. Returns those that share a limit, with their slots, when
        this does not take such: they have been left alone."""
        batch = self._unparked(batch)
        if not batch:
            return []
        begun, kept = steady(), 0
        left = {id(waiting): waiting for waiting in batch}  # to be acknowledged
        try:
            worker = self._identity()
            if worker is None:  # a worker that others count as gone takes nothing
                left.clear()
                self.leave(batch)
                for waiting in batch:
                    waiting.hand_back()
                return []
            asked = {(one.job_id, one.version): one for one in batch}
            wanted = [(one.job_id, one.version, one.queue, one.came) for one in asked.values()]
            acquisitions = acquisition.acquire(wanted, worker, sharing=self._sharing)
            acquired = acquisitions.acquired
            limited = [asked[one.job_id, one.version] for one in acquired.limited]
            for waiting in [*limited, *self._later(acquired, asked)]:
                left.pop(id(waiting))
            doubtful = [(asked[one.job_id, one.version], one) for one in acquisitions.in_doubt]
            for waiting, _ in doubtful:
                left.pop(id(waiting))
            self._acknowledge(left)
            if acquired.started:
                failpoints.hit("after-acquire")
            for started in acquired.started:
                kept += 1
                self._slots.give(Armed(started, worker.session, begun, clock.reading, len(acquired.started)))
            for started in acquired.started:  # when all of them are on their way
                emit(_acquired(started, worker))
            for waiting, one in doubtful:
                kept += 1
                thread = threading.Thread(target=self._resolve, args=(waiting, one, worker, begun), daemon=True)
                self._resolving.add(thread)
                thread.start()
            for waiting in limited:
                kept += 1
                waiting.limited = True
            return limited
        finally:
            self._acknowledge(left)  # of an error of ours: the list query finds them
            self._slots.release(len(batch) - kept)

    def _unparked(self, batch: Sequence[Waiting]) -> Sequence[Waiting]:
        """Return the jobs that are to ask for their limit. The others wait for the answer of one that asks, and need no
        slot."""
        if not self._sharing:
            return batch
        now = clock.timestamp()
        parked = [waiting for waiting in batch if self._parking.is_parked(waiting, now)]
        self._slots.release(len(parked))
        for waiting in parked:
            waiting.put_off()
            self._again(waiting)
        gone = {id(waiting) for waiting in parked}
        return [waiting for waiting in batch if id(waiting) not in gone]

    def leave(self, gone: Sequence[Waiting]) -> None:
        """Have others ask for the limits for which these have asked: they go to another worker, or are dealt with."""
        now = clock.timestamp()
        for waiting in gone:
            self._hurry_any(self._parking.answered(waiting, now))

    def _hurry_any(self, followers: Sequence[Waiting]) -> None:
        if followers:
            self._hurry(followers)

    def _acknowledge(self, left: dict[int, Waiting]) -> None:
        self.leave(list(left.values()))  # an error of ours has told none of those that wait for their answer
        while left:
            left.popitem()[1].acknowledge()

    def _later(self, acquired: Acquired, asked: dict[tuple[int, int], Waiting]) -> list[Waiting]:
        """Have the jobs of which nothing is decided yet wait here, without a slot, and return them."""
        early = {(one.job_id, one.version): due for one, due in acquired.early}
        busy = {(one.job_id, one.version): name for one, name in acquired.busy}
        waits: list[Waiting] = []
        now = clock.timestamp()
        for key, waiting in asked.items():
            if key in busy:
                self._hurry_any(self._parking.busy(busy[key], waiting, now))
                waiting.put_off()
            else:
                self._hurry_any(self._parking.answered(waiting, now))
            if key in early:
                waiting.again_at = early[key].timestamp()
            if key in busy or key in early:
                waiting.limited = True
                waits.append(waiting)
        for waiting in waits:
            self._again(waiting)
        return waits

    def _resolve(self, waiting: Waiting, doubtful: AcquireRequest, worker: WorkerIdentity, begun: float) -> None:
        """Find out about a start in doubt, in a thread of its own, which holds the slot: others go on."""
        started: Started | None = None
        try:
            acquired = acquisition.resolve(doubtful, worker, sharing=self._sharing)
            started = next(iter(acquired.started), None)
            if acquired.limited:
                acquired = Acquired(early=[(one, clock.now()) for one in acquired.limited])
            if not self._later(acquired, {(waiting.job_id, waiting.version): waiting}):
                waiting.acknowledge()
        except Exception as error:  # noqa: BLE001 - its slot is to be free again
            emit(JobNotTaken(doubtful.job_id, error))
            waiting.acknowledge()
        finally:
            connection.close()
            if started is None:
                self._slots.release(1)
            else:
                self._slots.give(Armed(started, worker.session, begun, clock.reading))
                emit(_acquired(started, worker))
            self._resolving.discard(threading.current_thread())


def _acquired(started: Started, worker: WorkerIdentity) -> AttemptAcquired:
    return AttemptAcquired(started.job_id, started.attempt, started.target, worker.name, started.queue)
