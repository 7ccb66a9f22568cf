"""Options of the steady benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.options import OptionError, file, filled, within

STANDARD = {"rate": 500.0, "duration": 60.0, "instances": 2, "slots": 20, "hold": 0, "json": None}
MOST_RATE = 4000  # jobs a second: a window of 12 s of them is still one list query
MOST_JOBS = 1_000_000
MOST_HELD = 100_000


@dataclass(frozen=True)
class Steady:
    """`rate` jobs a second for `duration` seconds; then `hold` jobs at once in the memory of one worker."""

    rate: float
    duration: float
    instances: int
    slots: int
    hold: int
    json: Path | None

    @property
    def jobs(self) -> int:
        return round(self.rate * self.duration)


def checked(given: Mapping[str, Any]) -> Steady:
    """Return the steady load that the command line asks for. Raises OptionError."""
    full = filled("--steady", given, STANDARD)
    within("--rate", full["rate"], 1, MOST_RATE, "jobs a second")
    within("--duration", full["duration"], 3, 86400, "seconds")
    within("--instances", full["instances"], 1, 100, "workers")
    within("--slots", full["slots"], 1, 1000, "slots a worker")
    within("--hold", full["hold"], 0, MOST_HELD, "jobs")
    asked = Steady(**{**full, "json": file(full["json"])})
    if asked.jobs > MOST_JOBS:
        raise OptionError(
            f"--rate {asked.rate:g} for --duration {asked.duration:g} are {asked.jobs:,} jobs; "
            f"ask for {MOST_JOBS:,} at most."
        )
    return asked
