"""Takes the jobs that share a limit, on a thread and a connection of their own: whatever their limits cost, the jobs
without any start on time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from queue import SimpleQueue

from jobs import transitions
from jobs.clock import clock
from jobs.database import connection
from jobs.events import emit
from jobs.events.worker.arm import JobsNotTaken
from jobs.worker.arm.taking import Taking
from jobs.worker.arm.waiting_jobs import Waiting
from jobs.worker.process.warming import warm

AT_A_TIME = 200  # rows in one transaction


class Limited:
    """The thread that takes jobs with limits. Each that it is given has its slot reserved, and is taken at once or put
    off: the thread waits for nobody."""

    def __init__(self, taking: Taking) -> None:
        self._taking = taking
        self._given: SimpleQueue[Sequence[Waiting] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.warmed = threading.Event()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="limits", daemon=True)
        self._thread.start()

    def put(self, batch: Sequence[Waiting]) -> None:
        """Have the thread take these. From any thread; does not wait."""
        self._given.put(batch)

    def leave(self, gone: Sequence[Waiting]) -> None:
        """Have others ask for the limits for which these have asked: they go to another worker."""
        self._taking.leave(gone)

    def stop(self, within: float | None = None) -> None:
        """Stop: returns when all that was given is taken, put off or in its slot, or after `within` seconds."""
        self._given.put(None)
        if self._thread is not None:
            self._thread.join(within)
        self._taking.stop(within)

    def _loop(self) -> None:
        warm(lambda: transitions.rehearse_start(now=clock.current(), sharing=True))
        self.warmed.set()
        given: Sequence[Waiting] | None = ()
        while given is not None:
            given = self._given.get()
            batch: list[Waiting] = []
            while given is not None:
                batch += given
                if len(batch) >= AT_A_TIME or self._given.empty():
                    break
                given = self._given.get()
            try:
                if batch:
                    self._taking.take(batch)
            except Exception as error:  # noqa: BLE001 - the others are to be taken
                emit(JobsNotTaken(len(batch), error))
        connection.close()
