"""Retries of requests: which may be sent again, and how long after."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

# The request has not been sent: nothing has seen it.
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
TOO_FAST = 429  # counted, and not done
ANOTHER_TIME = frozenset({502, 503, 504})


@dataclass(frozen=True)
class Retries:
    """Number of times that a request is sent, the first included, and the seconds between: twice as many each time, any
    part of them, so that many programs do not come together; the server's `Retry-After` where it says one."""

    attempts: int = 6
    first: float = 0.5
    longest: float = 30.0

    def after_error(self, error: httpx2.TransportError, number: int, *, repeatable: bool) -> float | None:
        """Return how many seconds to wait before the request is sent again, whose answer did not come; None: it is
        not. `number`: how often it was sent."""
        if number >= self.attempts or not (repeatable or isinstance(error, UNSENT)):
            return None
        return self._pause(number)

    def after_answer(
        self, status: int, headers: Mapping[str, str], number: int, *, repeatable: bool, in_use: bool = False
    ) -> float | None:
        """Return how many seconds to wait before the request is sent again, that was answered so; None: this is the
        answer. `in_use`: the first request with its key is still being done."""
        again = status == TOO_FAST or (repeatable and (status in ANOTHER_TIME or in_use))
        if number >= self.attempts or not again:
            return None
        try:
            said = float(headers.get("Retry-After", ""))
        except ValueError:
            return self._pause(number)
        return min(max(said, 0.0), self.longest) + random.uniform(0, self.first)

    def _pause(self, number: int) -> float:
        return random.uniform(0, min(self.longest, self.first * 2 ** (number - 1)))
