"""Decides whether this worker takes jobs: by the reading of its machine that it keeps in memory, and by what people
have said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from jobs.events import emit
from jobs.events.worker.process import JobsRefused, JobsTaken, ReadingNotPassedOn
from jobs.models.querysets.workers import Drain
from jobs.nodes.metrics import Meter, Reading
from jobs.nodes.thresholds import Limit, Watch

EVERY = 1.0  # seconds from one reading to the next


class Capacity:
    """The state of this worker's machine and drain; `refusing` is all that the balance of jobs asks. A thread of its
    own reads, so that neither a database nor a broker that hangs makes the reading old."""

    def __init__(self, limits: Sequence[Limit] = (), read: Callable[[], Reading] | None = None) -> None:
        self._read = read
        self._watch = Watch(limits)
        self._over = ""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.reading = Reading()
        self.drain = Drain()
        self.refusing = ""  # why no jobs are taken; empty: they are
        self.on_reading: Callable[[], None] = lambda: None
        self.on_change: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Take the first reading and start the thread, before the first message: a worker that starts on a full machine
        takes nothing."""
        self._look()
        threading.Thread(target=self._loop, name="node", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def set_drain(self, drain: Drain) -> None:
        """Take over whether the worker's row says that it is drained; each heartbeat tells."""
        if drain != self.drain:
            self.drain = drain
            self._judge()

    def _loop(self) -> None:
        while not self._stop.wait(EVERY):
            self._look()

    def _look(self) -> None:
        if self._read is None:
            self._read = Meter().read
        self.reading = self._read()
        over = self._watch.see(self.reading)
        if bool(over) != bool(self._over):
            self._over = over  # as it was when it began: a sentence that changed each second would be no news
            self._judge()
        try:
            self.on_reading()
        except Exception as error:  # noqa: BLE001 - the next reading must come whatever is made of this one
            emit(ReadingNotPassedOn(error))

    def _judge(self) -> None:
        with self._lock:
            before, self.refusing = self.refusing, "; ".join(filter(None, (drained(self.drain), self._over)))
            if self.refusing == before:
                return
            if self.refusing:
                emit(JobsRefused(self.refusing))
            else:
                emit(JobsTaken())
        self.on_change()


def drained(drain: Drain) -> str:
    """Return the sentence for a worker that is drained; empty for one that is not."""
    if drain.drained_at is None:
        return ""
    by = f" by {drain.drained_by}" if drain.drained_by else ""
    return f"drained{by}: {drain.drain_reason}" if drain.drain_reason else f"drained{by}"
