"""Keeps the leader's lock while a statement takes long: a thread that gives the signs of life."""

from __future__ import annotations

import threading

from jobs.clock import steady
from jobs.events import emit
from jobs.events.scheduler import TurnTooLong
from jobs.scheduler.leader import PING_EVERY, Leader

LOOK_EVERY = 1.0  # seconds
SILENT_FOR = PING_EVERY + 0.5  # seconds without a sign of life by the scheduler itself, half of what the server bears
LONGEST_TURN = 120.0  # seconds: a leader whose turn takes longer hangs, and shall lose its lock


class Lease:
    """Pings the server on the connection of the lock, whatever the scheduler's own thread waits for.

    A process that is stopped pings no more, and the server ends its session. So it does for one whose turn never ends.
    """

    def __init__(self, leader: Leader) -> None:
        self._leader = leader
        self._turn_began = steady()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def turn_begins(self) -> None:
        """Note that the scheduler turns; the first time, start to ping."""
        self._turn_began = steady()
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="lease", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(SILENT_FOR)
            self._thread = None

    def _loop(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self.look()

    def look(self) -> None:
        """Give a sign of life where one is wanted. A turn that takes too long gives none, and a leader says so."""
        if steady() - self._turn_began < LONGEST_TURN:
            self._leader.ping(SILENT_FOR)
        elif self._leader.leading:
            emit(TurnTooLong(LONGEST_TURN, self._leader.name))
