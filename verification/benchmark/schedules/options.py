"""Options of the benchmark of schedules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.options import OptionError, file, filled, within

STANDARD = {
    "total": 100_000,
    "periodic": 10_000,
    "rate": 1000 / 60,
    "duration": 120.0,
    "instances": 2,
    "slots": 20,
    "json": None,
}
MOST = 1_000_000
SHORT = 30.0  # seconds; in a shorter load, which only tests ask for, each start-up is measured once


@dataclass(frozen=True)
class Asked:
    """`total` schedules, of which `rate` are due each second, and as many plain jobs beside them, for `duration`
    seconds; then `periodic` tasks of django-celery-beat at the same rate for as long. 0: none."""

    total: int
    periodic: int
    rate: float
    duration: float
    instances: int
    slots: int
    json: Path | None

    @property
    def period(self) -> int:
        """Seconds from one run of a schedule to its next."""
        return math.ceil(self.total / self.rate)

    @property
    def plain(self) -> int:
        return round(self.rate * self.duration)

    @property
    def starts(self) -> int:
        """Return how often each start-up is measured."""
        return 1 if self.duration < SHORT else 3


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--schedules", given, STANDARD)
    within("--total", full["total"], 1, MOST, "schedules")
    within("--periodic", full["periodic"], 0, MOST, "tasks")
    within("--rate", full["rate"], 1, 200, "schedules due a second")
    within("--duration", full["duration"], 3, 3600, "seconds")
    within("--instances", full["instances"], 1, 100, "workers")
    within("--slots", full["slots"], 1, 1000, "slots a worker")
    asked = Asked(**{**full, "json": file(full["json"])})
    if asked.total < asked.plain:
        raise OptionError(
            f"{asked.total} schedules are each due more than once in {asked.duration:g} s at {asked.rate:g} a second; "
            f"give --total {asked.plain} or more."
        )
    return asked
