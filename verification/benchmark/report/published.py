"""The figures published for this exercise in 2019: 10 minutes, 61 windows, execute_at stamped after the body."""

from __future__ import annotations

from dataclasses import dataclass

PUBLISHED_WINDOWS = 61
FLOOR_ORIGINAL_MS = 83.0  # the body itself


@dataclass(frozen=True)
class Published:
    """Published solution; efficiency is mean + stdev in ms, original stamp. None: not published."""

    cost: int | None
    efficiency_ms: float | None


NAIVE = Published(cost=119_360, efficiency_ms=7_201.52)
BEST = Published(cost=20_337, efficiency_ms=145.40)
CHEAPEST = Published(cost=None, efficiency_ms=256.60)  # the cheapest group's efficiency
