"""Looks whose turn is next when this worker has freed a place or put a job into a line: on a thread and a connection of
its own, since what it finds is published, and a broker may hang."""

from __future__ import annotations

import threading

from django.db import DatabaseError, InterfaceError

from jobs import failpoints, transitions
from jobs.clock import clock
from jobs.database import connection
from jobs.events import emit
from jobs.events.worker.record import LimitsAskedAgain, LimitsRaised
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import Name
from jobs.worker.process.warming import warm

FIRST_PAUSE, LAST_PAUSE = 0.002, 0.5  # seconds until it looks again at limits that somebody else had: doubled each time
GIVE_UP = 12  # looks in vain at one limit; the leader looks at it then
AT_ONCE = 0.2  # seconds for one look: others' turns wait for it


class Promoting:
    """The thread that looks whose turn is next. A limit that is put twice before the look is looked at once."""

    def __init__(self) -> None:
        self._names: dict[Name, int] = {}  # and how many looks have been in vain
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.warmed = threading.Event()

    def start(self) -> None:
        """Start the thread: from now on whoever commits in this process leaves it the look."""
        self._thread = threading.Thread(target=self._loop, name="promoting", daemon=True)
        self._thread.start()
        promotion.hand_to(self.put)

    def put(self, names: set[Name]) -> None:
        """Have the thread look at these limits. From any thread; does not wait."""
        with self._changed:
            self._names |= dict.fromkeys(names, 0)
            self._changed.notify()

    def stop(self, within: float | None = None) -> None:
        """Stop: from now on whoever commits looks himself. Returns when all that was put has been looked at once, or
        after `within` seconds."""
        promotion.hand_to(None)
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(within)

    def _loop(self) -> None:
        warm(lambda: transitions.rehearse_promotion(now=clock.current()))
        self.warmed.set()
        pause = FIRST_PAUSE
        while True:
            with self._changed:
                while not self._names and not self._stopping:
                    self._changed.wait()
                names, self._names = self._names, {}
            if not names:
                break
            again = self._look(names)
            pause = min(pause * 2, LAST_PAUSE) if again else FIRST_PAUSE
            if again and not self._stopping:
                with self._changed:
                    for name in again:
                        self._names.setdefault(name, names.get(name, 0) + 1)
                    fresh = any(tries == 0 for tries in self._names.values())
                    if not fresh:
                        self._changed.wait(pause)
        connection.close()

    def _look(self, names: dict[Name, int]) -> set[Name]:
        failpoints.hit("before-turn")
        try:
            again = promotion.promote(names.keys(), now=clock.current(), seconds=AT_ONCE)
        except (DatabaseError, InterfaceError) as error:
            emit(LimitsAskedAgain(len(names), error))
            again = set(names)
        except Exception as error:  # noqa: BLE001 - the thread goes on
            emit(LimitsRaised(len(names), error))
            return set()
        return {name for name in again if names.get(name, 0) < GIVE_UP}
