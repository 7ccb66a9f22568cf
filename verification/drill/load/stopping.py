"""Stops of everything in a round: short ones, that end by themselves."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.clock import clock
from jobs.models import Stop
from jobs.transitions import stops
from jobs.transitions.limits.pausing import ANSWERED_AFTER
from verification.drill.evidence import Stopped
from verification.drill.load.beside import Beside
from verification.drill.load.creating import retry_until_answered

LASTS = timedelta(seconds=3)
PER_MINUTE = 30_000  # a burst and its dense window in a second
AHEAD = timedelta(seconds=8)  # of its beginning, a planned one is made


@dataclass(frozen=True)
class Wanted:
    """Stop of the plan. `ahead`: how long before its beginning it is made; none: at once, in an emergency."""

    begins_at: datetime
    ahead: timedelta
    per_minute: int | None


def wanted(seed: int, since: datetime, duration: timedelta) -> list[Wanted]:
    """Return the stops of a round: one at once, after which jobs are let go at a pace, and a planned one."""
    chance = random.Random(f"{seed} stops")
    early, late = (since + duration * chance.uniform(*part) for part in ((0.2, 0.35), (0.6, 0.75)))
    return [Wanted(early, timedelta(), PER_MINUTE), Wanted(late, AHEAD, None)]


class Stops(Beside):
    """Maker of the stops. `made`: those that were, with the moments between which no body may be entered."""

    def __init__(self, run: str, seed: int, since: datetime, duration: timedelta) -> None:
        super().__init__("stops")
        self._run, self._wanted = run, wanted(seed, since, duration)
        self.made: list[Stopped] = []

    def loop(self) -> None:
        """Make each at its time."""
        for number, one in enumerate(self._wanted):
            now = retry_until_answered(clock.current)
            if self.pause((one.begins_at - one.ahead - now).total_seconds()):
                return
            self.made.append(self._make(f"drill {self._run} stop {number}", one))

    def _make(self, reason: str, one: Wanted) -> Stopped:
        row = retry_until_answered(lambda: _stop(reason, one))
        assert row.until is not None  # noqa: S101 - all have an end
        begins, until = row.begins_at.timestamp(), row.until.timestamp()
        # Who has looked before it was written is awaited; by one that was planned, whoever is slow asks again.
        answered = begins + ANSWERED_AFTER if one.ahead else max(begins + ANSWERED_AFTER, time.time())
        return Stopped(begins, answered, until)


def _stop(reason: str, one: Wanted) -> Stop:
    """Make the stop, unless that was done before the connection went."""
    row = Stop.objects.filter(reason=reason).first()
    if row is not None:
        time.sleep(ANSWERED_AFTER)
        return row
    now = clock.current()
    begins_at = max(one.begins_at, now)
    return stops.stop_everything(stops.Plan(begins_at, begins_at + LASTS, reason, one.per_minute), now=now)
