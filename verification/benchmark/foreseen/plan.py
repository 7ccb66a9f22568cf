"""The load as a pure, seeded plan: half of the slots are busy all the time, and each third minute has more due at one
instant than they can do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

SHORTEST, LONGEST = 1.6, 2.0  # seconds that a body takes
OVERLOADED_EACH = 3  # minutes
FEWEST, MOST = 3, 10  # jobs a slot that are due at the instant of an overload


class Due(NamedTuple):
    """Job of the load: seconds after its beginning, and how long its body takes."""

    at: float
    lasts: float


def plan(minutes: int, slots: int, seed: int) -> list[Due]:
    """Return the jobs, soonest first."""
    return sorted(_jobs(minutes, slots, random.Random(seed)))


def _jobs(minutes: int, slots: int, chance: random.Random) -> Iterator[Due]:
    each = 4 / slots  # seconds
    for number in range(round(minutes * 60 / each)):
        yield Due(number * each, chance.uniform(SHORTEST, LONGEST))
    for minute in range(minutes):
        at = minute * 60 + chance.randrange(5, 25)
        together = slots // 2 if minute % OVERLOADED_EACH else chance.randrange(FEWEST * slots, MOST * slots)
        for _ in range(together):
            yield Due(at, chance.uniform(SHORTEST, LONGEST))
