"""A circuit breaker: what has failed is left alone for a while, else each caller pays for its timeout.

Packages for it (pybreaker) count on the wall clock, which people step, and lock around each call.
"""

from __future__ import annotations

from collections.abc import Callable

from jobs.clock import steady


class Breaker:
    """Open, which means that nobody is to ask, for so many seconds after the last `trip`. `clock` counts seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = steady) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = float("-inf")

    @property
    def open(self) -> bool:
        return self._clock() < self._until

    def trip(self) -> None:
        """Open the breaker: it has failed."""
        self._until = self._clock() + self._seconds
