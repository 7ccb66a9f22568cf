"""Writes how far bodies are, for those who look: at most once a second, and only while bodies say something."""

from __future__ import annotations

import threading
from contextvars import Context

from django.db import DatabaseError, InterfaceError

from jobs import targets, transitions
from jobs.database import connection
from jobs.events import emit
from jobs.events.worker.run import ProgressNotWritten, ProgressRaised
from jobs.transitions import Progress, storable

PACE = 1.0  # seconds from one write to the next; a thread with nothing to write for as long ends


class Reports:
    """The progress that bodies report, one for each process, a pool child too. Its thread begins with the first report
    and has a connection of its own: a body never waits for it, and an error costs a report."""

    def __init__(self) -> None:
        self._new: dict[int, targets.Context] = {}  # by job
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, context: targets.Context) -> None:
        """Have the progress of this body written soon. From any thread; does not wait."""
        with self._lock:
            self._new[context.job_id] = context
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="progress", daemon=True)
                Context().run(self._thread.start)  # no body's: it serves those that come after, too

    def _loop(self) -> None:
        pause = threading.Event()
        while True:
            with self._lock:
                new, self._new = self._new, {}
                if not new:
                    self._thread = None
                    break
            try:
                transitions.report_progress([_report(context) for context in new.values()])
            except (DatabaseError, InterfaceError) as error:
                emit(ProgressNotWritten(len(new), error))
            except Exception as error:  # noqa: BLE001 - an error costs a report
                emit(ProgressRaised(len(new), error))
            pause.wait(PACE)
        connection.close()


def _report(context: targets.Context) -> Progress:
    execution = context.execution
    return Progress(context.job_id, context.attempt, execution.share or 0.0, storable(execution.note))


reports = Reports()
