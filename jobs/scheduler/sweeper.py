"""Maintenance on a thread and a database connection of its own, so that no window waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.database import connection
from jobs.events import emit
from jobs.events.scheduler import ServiceFailed, SweepNotBegun
from jobs.publishing.depths import QueueDepths
from jobs.publishing.windows import window_at
from jobs.scheduler.dispatcher import Dispatcher
from jobs.scheduler.history import moving, old_rows, removing
from jobs.scheduler.operations import operations
from jobs.scheduler.redaction import redacting
from jobs.scheduler.rescue import rescue
from jobs.scheduler.rollups import add_figures, remove_old_figures
from jobs.scheduler.schedules import schedules
from jobs.scheduler.stops import stops
from jobs.scheduler.turns import turns, waiting_runs, waits

LOOK_EVERY = 1.0  # seconds
SHORTEST_PAUSE = 0.01  # seconds
WATCH_GAP = timedelta(seconds=5)  # between two looks of a beat that watches the workers
WAITS_EVERY = (
    60.0  # seconds between looks for waits that are over and that no transition ended, such as after manual SQL
)
CROWDS_BEFORE = 2.0  # seconds before a window ends in which the broker is asked what waits in it
ASK_FOR = 0.5  # seconds
STOP_WITHIN = 5.0  # seconds


@dataclass
class Service:
    """A task of maintenance. `run` is given the database's time, does one transaction's worth or a few, and returns the
    seconds until it is due again; `due` is on the steady clock. One that is `exact` is run then, others with the next
    look."""

    name: str
    run: Callable[[datetime], float]
    due: float = field(default=0.0)
    exact: bool = False


class Sweeper:
    """Runs each service when it is due, while this process leads. One that fails is logged and tried again."""

    def __init__(self, dispatcher: Dispatcher, leading: Callable[[], bool]) -> None:
        self._dispatcher = dispatcher
        self._leading = leading
        self._watching_since = self._last_look = clock.now()
        self._depths = QueueDepths()
        self._asked: datetime | None = None  # end of the window for which the broker has been asked
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.services = [
            Service("crowds", self._crowds),
            Service("stops", self._stops, exact=True),
            Service("rescue", self._rescue),
            Service("turns", self._turns),
            Service("waits", self._waits),
            Service("schedules", self._schedules),
            Service("waiting runs", self._waiting_runs),
            Service("operations", self._operations, exact=True),
            Service("history", self._history),
            Service("redaction", self._redaction),
            Service("removal", self._removal),
            Service("old rows", self._old_rows),
            Service("figures", self._figures),
            Service("old figures", self._old_figures),
        ]

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="sweeper", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the service that runs now; one that takes longer ends with the process."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN)
            self._thread = None
        self._depths.close()

    def watch_anew(self) -> None:
        """Begin to watch the workers now: nobody may be declared gone for a heartbeat that is old already."""
        self._watching_since = clock.now()

    def sweep(self, now: datetime) -> None:
        """Run what is due. After a gap between two looks nothing was watched either: if everything stood still, every
        heartbeat is old."""
        if now - self._last_look > WATCH_GAP:
            self._watching_since = now
        self._last_look = now
        for service in self.services:
            if steady() >= service.due and self._leading() and not self._stop.is_set():
                self._run(service, now)

    def _run(self, service: Service, now: datetime) -> None:
        try:
            service.due = steady() + service.run(now)
        except Exception as error:  # noqa: BLE001 - the other services are to run
            service.due = steady() + LOOK_EVERY
            emit(ServiceFailed(service.name, error))
            connection.close()

    def _loop(self) -> None:
        while not self._stop.is_set():
            if self._leading():
                try:
                    self.sweep(clock.current())
                except Exception as error:  # noqa: BLE001 - the clock's measurement; a thread that ends watches no more
                    emit(SweepNotBegun(error))
                    connection.close()
            self._wake.wait(self._pause())
        connection.close()

    def _pause(self) -> float:
        """Return the seconds until the next look."""
        exact = [service.due - steady() for service in self.services if service.exact]
        return max(min([LOOK_EVERY, *exact]), SHORTEST_PAUSE)

    def _rescue(self, now: datetime) -> float:
        c = conf()
        rescue(now=now, patience=c.patience, watching_since=self._watching_since)
        return c.heartbeat_patience / 2

    def _stops(self, now: datetime) -> float:
        return stops(now=now)

    def _turns(self, now: datetime) -> float:
        turns(now=now)
        return 0.0 if turns.more else conf().min_prepare_time

    def _waits(self, now: datetime) -> float:
        return 0.0 if waits(now=now) else WAITS_EVERY

    def _waiting_runs(self, now: datetime) -> float:
        return waiting_runs(now=now)

    def _schedules(self, now: datetime) -> float:
        return schedules(now=now)

    def _operations(self, now: datetime) -> float:
        return operations(now=now)

    def _history(self, now: datetime) -> float:
        return moving(now=now)

    def _redaction(self, now: datetime) -> float:
        return redacting(now=now)

    def _removal(self, now: datetime) -> float:
        return removing(now=now)

    def _old_rows(self, now: datetime) -> float:
        return old_rows(now=now)

    def _figures(self, now: datetime) -> float:
        return add_figures(now=now)

    def _old_figures(self, now: datetime) -> float:
        return remove_old_figures(now=now)

    def _crowds(self, now: datetime) -> float:
        """Ask the broker, once a window and shortly before the next list query, in which queues many messages wait.
        Returns the seconds until the next time."""
        c = conf()
        window = window_at(now, c.min_prepare_time, c.look_ahead)
        left = (window.end - now).total_seconds()
        if left > CROWDS_BEFORE:
            return min(left - CROWDS_BEFORE, LOOK_EVERY)
        if self._asked != window.end:
            self._asked = window.end
            try:
                self._dispatcher.look_for_crowds(self._depths, ASK_FOR)
            except Exception:
                self._depths.close()
                raise
        return LOOK_EVERY
