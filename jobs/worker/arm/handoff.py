"""Passes on jobs that find no slot here: back into the queue, where a freer worker may take them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from queue import SimpleQueue
from typing import TYPE_CHECKING

from jobs.clock import steady
from jobs.events import emit
from jobs.events.worker.arm import HandoffFailed, JobHandedOff, QueueNotLookedInto
from jobs.models.querysets import Listed
from jobs.publishing.bundles import MOST
from jobs.publishing.depths import QueueDepths
from jobs.publishing.messages import Passed, send_bundle, send_each
from jobs.worker.arm.waiting_jobs import Waiting

if TYPE_CHECKING:
    from kombu import Producer

MOST_HOPS = 16  # workers that pass a message on before it waits for a slot where it is
LOOK_EVERY = 0.05  # seconds from one look into a queue to the next
LOOK_AGAIN = 5.0  # seconds, after a broker that did not answer


class Handoff:
    """The thread that passes jobs on: apart, since a broker may hang for as long as a publication may take."""

    def __init__(self, name: str) -> None:
        """Make it. `name` is this worker's, which its messages carry on their way."""
        self._name = name
        self._stopped = False
        self._to_do: SimpleQueue[Sequence[Waiting] | str] = SimpleQueue()  # jobs to pass on, queues to look into
        self._looked: dict[str, tuple[float, bool]] = {}  # by queue: when, on the steady clock; whether it was empty
        self._depths = QueueDepths()
        self._keep: Callable[[Waiting], None] = lambda waiting: None

    def start(self, give_up: Callable[[Waiting], None]) -> None:
        """Start the thread; `give_up` takes back what the broker does not take."""
        self._keep = give_up
        threading.Thread(target=self._loop, name="passing", daemon=True).start()

    def stop(self) -> None:
        """Pass nothing on any more: what has not gone out yet is the broker's to deliver again."""
        self._stopped = True

    def put(self, surplus: Sequence[Waiting]) -> None:
        self._to_do.put(surplus)

    def is_wanted(self, queue: str) -> bool:
        """Return whether the broker had no message of this queue a moment ago: a worker with a free slot, if there is
        one, has nothing else to take. True once for each look, which this asks for; does not wait for it."""
        at, empty = self._looked.get(queue, (float("-inf"), False))
        now = steady()
        if now - at >= LOOK_EVERY:
            self._looked[queue] = now, False
            self._to_do.put(queue)
        elif empty:
            self._looked[queue] = at, False
        return empty

    def _loop(self) -> None:
        while True:
            to_do = self._to_do.get()
            if isinstance(to_do, str):
                self._look(to_do)
            else:
                self._pass_all_on(to_do)

    def _look(self, queue: str) -> None:
        try:
            empty = not self._depths.of(queue)
        except Exception as error:  # noqa: BLE001 - whatever the broker says, they can still start here
            self._looked[queue] = steady() + LOOK_AGAIN - LOOK_EVERY, False
            emit(QueueNotLookedInto(queue, error))
            self._depths.close()
        else:
            self._looked[queue] = steady(), empty

    def _pass_all_on(self, surplus: Sequence[Waiting]) -> None:
        left = _together(surplus)
        try:
            send_each(left, self._pass_on)
        except Exception as error:  # noqa: BLE001 - whatever the broker says, they can still start here
            kept = list(chain.from_iterable(left))
            emit(HandoffFailed(len(kept), error))
            for waiting in kept:
                waiting.hops = MOST_HOPS
                self._keep(waiting)

    def _pass_on(self, together: Sequence[Waiting], producer: Producer) -> None:
        """Send these jobs on in one message; those that brought them are acknowledged only when the broker has it."""
        if self._stopped:
            return
        hops = max(waiting.hops for waiting in together) + 1
        send_bundle([listed(waiting) for waiting in together], producer, Passed(hops, self._name))
        for waiting in together:
            waiting.acknowledge()
            emit(JobHandedOff(waiting.job_id, hops))


def listed(waiting: Waiting) -> Listed:
    """Return what a message says of this job."""
    return Listed(
        waiting.job_id, waiting.version, datetime.fromtimestamp(waiting.run_at, tz=UTC), waiting.queue or "", 0
    )


def _together(surplus: Sequence[Waiting]) -> list[Sequence[Waiting]]:
    """Divide jobs among messages: what came in bundles goes on in bundles, since all workers take them."""
    messages: list[Sequence[Waiting]] = [(waiting,) for waiting in surplus if not waiting.deliveries[0].is_bundle]
    queues: defaultdict[str | None, list[Waiting]] = defaultdict(list)
    for waiting in surplus:
        if waiting.deliveries[0].is_bundle:
            queues[waiting.queue].append(waiting)
    for jobs in queues.values():
        jobs.sort(key=attrgetter("run_at"))
        messages += [jobs[start : start + MOST] for start in range(0, len(jobs), MOST)]
    return messages
