"""The database's clock decides. Each process measures how far its own clock is off and corrects its timers."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

log = logging.getLogger(__name__)

SAMPLES = 5  # at most
AS_GOOD = 1.5  # a round trip that takes no longer than this many times the best that was ever seen ends the sampling
MEASURE_EVERY = 60.0  # seconds
BUDGET = 0.25  # seconds: timers are corrected for any offset; beyond this the log and the monitor ask for care
STEP = 0.05  # seconds: two clocks that part by more than this between two measurements have not drifted


def steady() -> float:
    """Seconds on a clock that nobody steps and that goes on while the machine is suspended (the monotonic one of
    Linux does not)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class DatabaseClock:
    """The time of the database, read without asking it each time.

    It runs on the steady clock between two measurements: a step of this machine's clock moves no timer. The
    offset is the one of the round trip that took the shortest: its error is at most half of that trip
    (Cristian's algorithm, 1989). Where there is an offset, half of the trip is taken off: such a clock is never
    ahead of the database's, by which no body may be early.
    """

    def __init__(self) -> None:
        self.offset = 0.0  # seconds to add to this machine's clock, as last measured
        self.uncertainty = float("inf")  # seconds
        self._anchor = time.time() - steady()
        self._measured = float("-inf")  # on the steady clock
        self._best_trip = 0.0  # seconds
        self._lock = threading.Lock()

    def measure(self, samples: int = SAMPLES) -> float:
        """Measure the offset anew and return it, in seconds: by the first round trip that is about as short as the
        shortest ever, or the shortest of so many."""
        best_trip, best_offset = float("inf"), 0.0
        with connection.cursor() as cursor:
            for _ in range(samples):
                before, started = time.time(), steady()
                cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
                trip = steady() - started
                (database,) = cursor.fetchone()
                if trip < best_trip:
                    best_trip, best_offset = trip, database - (before + trip / 2)
                if trip <= self._best_trip * AS_GOOD:
                    break
        with self._lock:
            # An offset within the error of its own measurement is no offset: noise must not move the timers.
            self.offset = best_offset - best_trip / 2 if abs(best_offset) > best_trip / 2 else 0.0
            self.uncertainty = best_trip / 2
            self._best_trip = min(best_trip, self._best_trip or best_trip)
            self._anchor = time.time() - steady() + self.offset
            self._measured = steady()
        if abs(self.offset) > BUDGET:
            log.warning("this machine's clock is off by %.3f s from the database's; timers are corrected", -self.offset)
        return self.offset

    def timestamp(self) -> float:
        """Seconds since the epoch on the database's clock."""
        return steady() + self._anchor

    @property
    def reading(self) -> float:
        """How the database's clock is read off the steady clock: seconds to add to it."""
        return self._anchor

    def follow(self, reading: float) -> None:
        """Read the database's clock as another process of this machine does."""
        self._anchor = reading

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), tz=UTC)

    def current(self) -> datetime:
        """Like `now`, but measured within the last minute."""
        if steady() - self._measured > MEASURE_EVERY:
            self.measure()
        return self.now()

    def check(self, read: datetime, asked: float) -> None:
        """Compare with what the database's clock read since we `asked` (by `timestamp`); measure again if the two
        have parted: somebody has stepped a clock."""
        if not asked - STEP <= read.timestamp() <= self.timestamp() + STEP:
            log.warning("the clocks have parted since they were last compared; measuring again")
            self.measure()

    def seconds_until(self, moment: datetime) -> float:
        return moment.timestamp() - self.timestamp()

    def local(self, moment: datetime) -> datetime:
        """What this machine's clock will read when the database's reads `moment`, if nobody steps it."""
        return moment - timedelta(seconds=self.timestamp() - time.time())


clock = DatabaseClock()
