"""Counts the last hour of this worker by its minutes, in memory: its heartbeat writes it into the worker's row. So the
history of all workers costs no statement, and no table that grows."""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any

KEPT = 60  # minutes
MINUTE = 60.0  # seconds


class Minutes:
    """Starts, and the part of the slots that were taken, of each whole minute. `see` is called every second by one
    thread, `row` by another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starts: deque[int | None] = deque(maxlen=KEPT)
        self._use: deque[int | None] = deque(maxlen=KEPT)
        self._minute: int | None = None  # that goes on, since the epoch
        self._before = 0  # starts until it began
        self._shares: list[float] = []

    def see(self, at: float, starts: int, taken: int, slots: int) -> None:
        """Take a sample. `at` is in seconds since the epoch, on the database's clock; `starts` are all so far."""
        minute = int(at // MINUTE)
        with self._lock:
            if self._minute is None or minute < self._minute:  # the first, or the clock was set back
                self._begin(minute, starts)
            elif minute > self._minute:
                self._close(minute, starts)
            self._shares.append(min(taken / slots, 1.0) if slots > 0 else 0.0)

    def row(self) -> dict[str, Any]:
        """Return the columns of the worker's row: until when, and a value for each minute up to then, the oldest first;
        None is a minute in which it was stopped."""
        with self._lock:
            until = self._minute if self._starts else None
            return {
                "minutes_until": None if until is None else datetime.fromtimestamp(until * MINUTE, UTC),
                "minute_starts": list(self._starts),
                "minute_use": list(self._use),
            }

    def _begin(self, minute: int, starts: int) -> None:
        self._starts.clear()
        self._use.clear()
        self._minute, self._before, self._shares = minute, starts, []

    def _close(self, minute: int, starts: int) -> None:
        """Keep the minute that has ended. It began with the worker, perhaps: what it has had counts as all of it."""
        assert self._minute is not None  # noqa: S101 - one goes on
        self._starts.append(starts - self._before)
        self._use.append(round(100 * sum(self._shares) / len(self._shares)))
        for _ in range(min(minute - self._minute - 1, KEPT)):  # while this process or its machine was stopped
            self._starts.append(None)
            self._use.append(None)
        self._minute, self._before, self._shares = minute, starts, []
