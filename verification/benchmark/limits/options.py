"""Options of the benchmark of limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.options import file, filled, within

STANDARD = {"rate": 20.0, "duration": 20.0, "slots": 20, "waiting": 100_000, "resume": 200_000, "json": None}
MOST_WAITING = 1_000_000


@dataclass(frozen=True)
class Asked:
    """Lines of 1, a hundredth of `waiting` and `waiting` jobs. Then `rate` jobs a second of each kind for four times
    `duration` seconds on one worker of so many `slots`, and `resume` jobs that are resumed in the third of them."""

    rate: float
    duration: float
    slots: int
    waiting: int
    resume: int
    json: Path | None

    @property
    def lines(self) -> list[int]:
        """Return how many wait in each line, from the shortest to the longest."""
        return sorted({1, max(self.waiting // 100, 1), self.waiting})


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--limits", given, STANDARD)
    within("--rate", full["rate"], 1, 200, "jobs a second of each kind")
    within("--duration", full["duration"], 3, 3600, "seconds")
    within("--slots", full["slots"], 1, 1000, "slots")
    within("--waiting", full["waiting"], 1, MOST_WAITING, "jobs")
    within("--resume", full["resume"], 1, MOST_WAITING, "jobs")
    return Asked(**{**full, "json": file(full["json"])})
