"""Passes on jobs that find no slot here: back into the queue, where a freer worker may take them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING

from jobs.events import emit
from jobs.events.worker.arm import HandoffFailed, JobHandedOff
from jobs.models.querysets import Listed
from jobs.publishing.messages import send, send_each
from jobs.worker.arm.waiting_jobs import Waiting

if TYPE_CHECKING:
    from kombu import Producer

MOST_HOPS = 16  # workers that pass a message on before it waits for a slot where it is


class Handoff:
    """The thread that passes jobs on: apart, since a broker may hang for as long as a publication may take."""

    def __init__(self, name: str) -> None:
        """Make it. `name` is this worker's, which its messages carry on their way."""
        self._name = name
        self._stopped = False
        self._surplus: SimpleQueue[Sequence[Waiting]] = SimpleQueue()
        self._keep: Callable[[Waiting], None] = lambda waiting: None

    def start(self, give_up: Callable[[Waiting], None]) -> None:
        """Start the thread; `give_up` takes back what the broker does not take."""
        self._keep = give_up
        threading.Thread(target=self._loop, name="passing", daemon=True).start()

    def stop(self) -> None:
        """Pass nothing on any more: what has not gone out yet is the broker's to deliver again."""
        self._stopped = True

    def put(self, surplus: Sequence[Waiting]) -> None:
        self._surplus.put(surplus)

    def _loop(self) -> None:
        while True:
            left = list(self._surplus.get())
            try:
                send_each(left, self._pass_on)
            except Exception as error:  # noqa: BLE001 - whatever the broker says, they can still start here
                emit(HandoffFailed(len(left), error))
                for waiting in left:
                    for delivery in waiting.deliveries:
                        delivery.hops = MOST_HOPS
                    self._keep(waiting)

    def _pass_on(self, waiting: Waiting, producer: Producer) -> None:
        """Send a job's message on; the one that brought it is acknowledged only when the broker has the new one."""
        if self._stopped:
            return
        due = datetime.fromtimestamp(waiting.run_at, tz=UTC)
        listed = Listed(waiting.job_id, waiting.version, due, waiting.deliveries[0].queue, 0)
        send(listed, producer, hops=waiting.hops + 1, passed_by=self._name)
        waiting.acknowledge()
        emit(JobHandedOff(waiting.job_id, waiting.hops + 1))
