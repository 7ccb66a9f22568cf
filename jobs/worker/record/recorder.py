"""Records how attempts ended: all that ended meanwhile in one transaction, by a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from django.db import DataError, IntegrityError

from jobs import failpoints, transitions
from jobs.clock import clock, steady
from jobs.database import connection
from jobs.events import emit
from jobs.events.attempts import AttemptCompleted, AttemptEnded, AttemptFailed, AttemptInterrupted
from jobs.events.worker.record import EndCameTooLate, EndRefused, EndsNotRecorded, StaysRunning
from jobs.states import State
from jobs.transitions import Ended
from jobs.transitions.statements import words_of
from jobs.worker.process.warming import warm
from jobs.worker.record.batching import gather_until
from jobs.worker.record.database_retry import retry_until_answered

AT_A_TIME = 200  # ends in one transaction
CROWDED = 2 * AT_A_TIME  # with more than these to record a worker takes no further jobs

EVENTS: dict[State, type[AttemptEnded]] = {
    State.COMPLETED: AttemptCompleted,
    State.FAILED: AttemptFailed,
    State.INTERRUPTED: AttemptInterrupted,
}


class Recorder:
    """Writes ends, however long the database is away: nobody else knows them."""

    def __init__(self) -> None:
        self._ended: deque[Ended] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.warmed = threading.Event()
        self._written_at = 0.0  # on the steady clock

    def start(self) -> None:
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._loop, name="recorder", daemon=True)
            self._thread.start()

    def put(self, ended: Ended) -> None:
        """Have this end recorded soon. From any thread; does not wait."""
        with self._changed:
            self._ended.append(ended)
            if len(self._ended) in (1, AT_A_TIME):  # to wake it for each would cost more than to record it
                self._changed.notify()

    @property
    def waiting(self) -> int:
        return len(self._ended)

    @property
    def crowded(self) -> bool:
        return len(self._ended) > CROWDED

    def finish(self, within: float | None = None) -> None:
        """Record what is left and stop; with `within` in so many seconds, or leave it to the rescue."""
        if self._thread is not None:
            with self._changed:
                self._stopping = True
                self._changed.notify()
            self._thread.join(within)
            self._thread = None

    def _loop(self) -> None:
        warm(lambda: transitions.rehearse_end(now=clock.current()))
        self.warmed.set()
        more = True
        while more:
            batch, more = self._batch()
            try:
                if batch:
                    record(batch)
            except Exception as error:  # noqa: BLE001 - the ends to come are to be recorded
                emit(EndsNotRecorded(len(batch), error))
        connection.close()

    def _batch(self) -> tuple[list[Ended], bool]:
        """Wait for ends. Returns those of one transaction, and whether there is more to come."""
        with self._changed:
            while not self._ended and not self._stopping:
                self._changed.wait()
            until = gather_until(self._written_at)
            while len(self._ended) < AT_A_TIME and not self._stopping and (left := until - steady()) > 0:
                self._changed.wait(left)
            batch = [self._ended.popleft() for _ in range(min(len(self._ended), AT_A_TIME))]
            self._written_at = steady()
            return batch, bool(self._ended) or not self._stopping


def record(endings: Sequence[Ended]) -> None:
    """Write these ends. One that the database refuses, or that we cannot write, does not hold up the others."""
    failpoints.hit("before-finish")
    try:
        _write(endings)
    except Exception as error:  # noqa: BLE001 - it is told of, and the others are recorded
        if len(endings) > 1:
            for ended in endings:
                record([ended])
            return
        emit(EndRefused(endings[0].started.job_id, error))
        _give_up(endings[0], f"Its end could not be recorded: {words_of(error)}")


def _write(endings: Sequence[Ended]) -> None:
    orphaned = retry_until_answered(lambda: transitions.finish(endings), reraise=(DataError, IntegrityError))
    late = {id(ended) for ended in orphaned}
    for ended in endings:  # told here and not in its slot, where the next body would wait for it
        emit(_too_late(ended) if id(ended) in late else _end(ended))


def _end(ended: Ended) -> AttemptEnded:
    started, entered = ended.started, ended.execute_at
    return EVENTS[ended.outcome](
        started.job_id,
        started.attempt,
        started.target,
        delay=None if entered is None else (entered - started.run_at).total_seconds(),
        duration=None if entered is None else (ended.finished_at - entered).total_seconds(),
        error=ended.error,
        story=ended.story,
        queue=started.queue,
        end=ended,
    )


def _too_late(ended: Ended) -> EndCameTooLate:
    return EndCameTooLate(ended.started.job_id, ended.started.attempt)


def _give_up(ended: Ended, why: str) -> None:
    """Record INTERRUPTED in place of an end that cannot be written, with the reason and the end's state: somebody must
    see it."""
    try:
        _write([Ended(ended.started, State.INTERRUPTED, None, clock.now(), f"{why} ({ended.outcome.label})")])
    except Exception as error:  # noqa: BLE001 - the rescue finds it when this worker has stopped
        emit(StaysRunning(ended.started.job_id, error))
