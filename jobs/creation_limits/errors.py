"""Errors for callers who may not create now."""

from __future__ import annotations

import math

from jobs.creation_limits.bucket import Allowance


class TooFast(Exception):
    """The budget is used up: nothing was created. `wait` is in seconds."""

    def __init__(self, allowance: Allowance, wait: float, *, bulk: bool) -> None:
        self.wait = wait
        again = f"try again in {self.retry_after} s. Nothing was created."
        super().__init__(f"You may create {pace(allowance.rate)}{' in bulk' if bulk else ''}; {again}")

    @property
    def retry_after(self) -> int:
        """Whole seconds, for the header."""
        return max(1, math.ceil(self.wait))

    @property
    def retry_after_ms(self) -> int:
        return max(1, math.ceil(self.wait * 1000))


class TooMany(Exception):
    """More jobs at once than any wait will allow: nothing was created."""

    def __init__(self, allowance: Allowance, jobs: int) -> None:
        super().__init__(
            f"These are {jobs} jobs; you may create at most {allowance.burst} at once, and {pace(allowance.rate)} in "
            "bulk. Send them in several requests."
        )


def pace(rate: float) -> str:
    """The rate in words: 10 jobs a second, 1 job in 20 seconds."""
    if rate >= 1:
        return f"{rate:g} job{'' if rate == 1 else 's'} a second"
    return f"1 job in {1 / rate:.3g} seconds"
