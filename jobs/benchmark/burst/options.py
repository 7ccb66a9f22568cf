"""What the burst benchmark is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.benchmark.options import Volume, volume

EXACT_SLOTS = 5  # of each worker while bursts of exactly all slots are fired
EXACT_TIMES = 5


def checked(given: Mapping[str, Any]) -> Volume:
    """Jobs at one instant. Raises OptionError."""
    return volume("--burst", given, {"jobs": 1000, "instances": 5, "slots": 40}, fewest=1, most=20_000)
