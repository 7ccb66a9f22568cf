"""The database's clock decides. Each process measures how far its own clock is off and corrects its timers."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from jobs.database import connection
from jobs.events import emit
from jobs.events.clock import ClockIsOff, ClocksParted

SAMPLES = 5  # at most
AS_GOOD = 1.5  # a round trip that takes no longer than this many times the best that was ever seen ends the sampling
MEASURE_EVERY = 60.0  # seconds
BUDGET = 0.25  # seconds: timers are corrected for any offset; beyond this the log and the monitor ask for care
STEP = 0.05  # seconds: two clocks that part by more than this between two measurements have not drifted


# Asked several times for each job.
_read_steady: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)


def steady() -> float:
    """Seconds on a clock that nobody steps and that goes on while the machine is suspended (the monotonic one of
    Linux does not)."""
    return _read_steady()


class Reading(NamedTuple):
    """Reading of the database's clock off the steady clock: seconds to add to it, and by how many more it may be at
    either side of `uncertainty`.
    """

    anchor: float
    uncertainty: float


class DatabaseClock:
    """The time of the database, read without asking it each time: a lower bound, by which no body is early.

    It runs on the steady clock between two measurements: a step of this machine's clock moves no timer. An answer of
    the database was true at some moment of its round trip (Cristian's algorithm, 1989). The bound takes it to have been
    true at the end of that, which is right wherever the trip was spent; so it is behind by what the way back takes.
    """

    def __init__(self) -> None:
        self.offset = 0.0  # seconds to add to this machine's clock, as last measured; 0 within the uncertainty
        self._reading = Reading(time.time() - steady(), float("inf"))
        self._measured = float("-inf")  # on the steady clock
        self._best_trip = 0.0  # seconds
        self._lock = threading.Lock()

    def measure(self, samples: int = SAMPLES) -> float:
        """Measure the offset anew and return it, in seconds. The last of several round trips is the first that is
        about as short as the shortest ever."""
        lower, upper, best_trip = float("-inf"), float("inf"), float("inf")
        with connection.cursor() as cursor:
            for _ in range(samples):
                started = steady()
                cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
                ended = steady()
                (database,) = cursor.fetchone()
                low, high = database - ended, database - started
                if low > upper or high < lower:  # a clock was stepped meanwhile: only what came after it counts
                    lower, upper, best_trip = low, high, ended - started
                lower, upper, best_trip = max(lower, low), min(upper, high), min(best_trip, ended - started)
                if ended - started <= self._best_trip * AS_GOOD:
                    break
        uncertainty = (upper - lower) / 2
        offset = lower + uncertainty - (time.time() - steady())
        with self._lock:
            # An offset within the error of its own measurement is noise to whoever reads it. No timer follows it.
            self.offset = offset if abs(offset) > uncertainty else 0.0
            self._best_trip = min(best_trip, self._best_trip or best_trip)
            self._reading = Reading(lower, uncertainty)
            self._measured = steady()
        if abs(self.offset) > BUDGET:
            emit(ClockIsOff(-self.offset))
        return self.offset

    def timestamp(self) -> float:
        """Seconds since the epoch on the database's clock, which is never behind this."""
        return steady() + self._reading.anchor

    @property
    def uncertainty(self) -> float:
        """Seconds by which `likely` may be wrong, either way."""
        return self._reading.uncertainty

    def likely(self, timestamp: float) -> datetime:
        """Return what the database's clock most likely read at this `timestamp` of ours, which was its lower bound."""
        uncertainty = self.uncertainty if math.isfinite(self.uncertainty) else 0.0
        return datetime.fromtimestamp(timestamp + uncertainty, tz=UTC)

    @property
    def reading(self) -> Reading:
        """Return the reading, which another process of this machine can `follow`."""
        return self._reading

    def follow(self, reading: Reading) -> None:
        """Read the database's clock as another process of this machine does."""
        self._reading = reading

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), tz=UTC)

    def current(self) -> datetime:
        """Return the database's time like `now`, but measured within the last minute."""
        if steady() - self._measured > MEASURE_EVERY:
            self.measure()
        return self.now()

    def check(self, read: datetime, asked: float) -> None:
        """Compare with what the database's clock read since we `asked` (by `timestamp`); measure again if the two
        have parted: somebody has stepped a clock. Ahead by less, ours has run faster, and is put back at once."""
        if not asked - STEP <= read.timestamp() <= self.timestamp() + STEP:
            emit(ClocksParted())
            self.measure()
        elif asked > read.timestamp():
            with self._lock:
                self._reading = self._reading._replace(anchor=self._reading.anchor - (asked - read.timestamp()))

    def seconds_until(self, moment: datetime) -> float:
        return moment.timestamp() - self.timestamp()

    def local(self, moment: datetime) -> datetime:
        """Return what this machine's clock will read when the database's reads `moment`, if nobody steps it."""
        return moment - timedelta(seconds=self.timestamp() - time.time())


clock = DatabaseClock()
