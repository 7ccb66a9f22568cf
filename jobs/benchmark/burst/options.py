"""What the burst benchmark is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.benchmark import options

EXACT_SLOTS = 5  # of each worker while bursts of exactly all slots are fired
EXACT_TIMES = 5


@dataclass(frozen=True)
class Options:
    """`jobs` at one instant over `instances` workers with `slots` each."""

    jobs: int
    instances: int
    slots: int
    json: Path | None

    @property
    def all_slots(self) -> int:
        return self.instances * self.slots


def checked(given: Mapping[str, Any]) -> Options:
    """The options. Raises OptionError."""
    full = options.filled("--burst", given, {"jobs": 1000, "instances": 5, "slots": 40, "json": None})
    options.within("--jobs", full["jobs"], 1, 20_000, "jobs")
    options.within("--instances", full["instances"], 1, 100, "workers")
    options.within("--slots", full["slots"], 1, 1000, "slots a worker")
    return Options(**{**full, "json": options.file(full["json"])})
