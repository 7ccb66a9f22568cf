"""The database's clock decides. Each process measures how far its own clock is off and corrects its timers."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

SAMPLES = 5
MEASURE_EVERY = 60.0  # seconds


class DatabaseClock:
    """The time of the database, read without asking it each time.

    The offset is the one of the round trip that took the shortest: its error is at most half of that trip
    (Cristian's algorithm, 1989).
    """

    def __init__(self) -> None:
        self.offset = 0.0  # seconds to add to this machine's clock
        self.uncertainty = float("inf")  # seconds
        self._measured = float("-inf")  # on the monotonic clock
        self._lock = threading.Lock()

    def measure(self, samples: int = SAMPLES) -> float:
        """Measure the offset anew and return it, in seconds."""
        best_trip, best_offset = float("inf"), 0.0
        with connection.cursor() as cursor:
            for _ in range(samples):
                before, started = time.time(), time.perf_counter()
                cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
                trip = time.perf_counter() - started
                (database,) = cursor.fetchone()
                if trip < best_trip:
                    best_trip, best_offset = trip, database - (before + trip / 2)
        with self._lock:
            # An offset within the error of its own measurement is no offset: noise must not move the timers.
            self.offset = best_offset if abs(best_offset) > best_trip / 2 else 0.0
            self.uncertainty = best_trip / 2
            self._measured = time.monotonic()
        return self.offset

    def timestamp(self) -> float:
        """Seconds since the epoch on the database's clock."""
        return time.time() + self.offset

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), tz=UTC)

    def current(self) -> datetime:
        """Like `now`, but measured within the last minute: for processes without a heartbeat."""
        if time.monotonic() - self._measured > MEASURE_EVERY:
            self.measure()
        return self.now()

    def seconds_until(self, moment: datetime) -> float:
        return moment.timestamp() - self.timestamp()

    def local(self, moment: datetime) -> datetime:
        """The moment at which this machine's clock will read, when the database's reads `moment`."""
        return moment - timedelta(seconds=self.offset)


clock = DatabaseClock()
