"""What a benchmark is asked to do, refused in one sentence when it makes no sense."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HA_BEATS = 3

# Name: what its text is turned into, the help. Nothing has a default here: what is given to the wrong mode is refused.
ARGUMENTS: dict[str, tuple[type, str]] = {
    "duration": (float, "seconds of load (default 60)"),
    "instances": (int, "workers (default 5, with --throughput 2)"),
    "slots": (int, "jobs at a time in each worker (default 5, with --throughput 100, with --burst 40)"),
    "beats": (int, "schedulers (default 1, with --ha 3)"),
    "seed": (int, "of the random steps (default: random, printed)"),
    "idle": (float, "seconds for which the idle database is measured afterwards (default 0)"),
    "jobs": (int, "of the backlog (default 10000) or of the burst (default 1000)"),
    "json": (str, "write all figures to this file too"),
}


class OptionError(ValueError):
    """An option makes no sense; the text is one sentence that says what does."""


@dataclass(frozen=True)
class Options:
    """One round. `duration` (D of the workload) and `idle` are in seconds."""

    duration: float
    instances: int
    slots: int
    beats: int
    seed: int
    idle: float
    ha: bool
    json: Path | None

    @property
    def all_slots(self) -> int:
        return self.instances * self.slots


def filled(mode: str, given: Mapping[str, Any], standard: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, with this mode's standard for what is not. Raises OptionError for an option of another mode."""
    for name in ARGUMENTS:
        if name not in standard and given.get(name) is not None:
            raise OptionError(f"--{name} means nothing {mode}.")
    return {name: value if given.get(name) is None else given[name] for name, value in standard.items()}


def checked(given: Mapping[str, Any]) -> Options:
    """The options of the exercise. Raises OptionError."""
    ha = bool(given.get("ha"))
    standard = {"duration": 60.0, "instances": 5, "slots": 5, "beats": HA_BEATS if ha else 1, "seed": None, "idle": 0.0}
    full = filled("without --throughput or --burst", given, {**standard, "json": None})
    within("--duration", full["duration"], 5, 86400, "seconds")
    within("--instances", full["instances"], 1, 100, "workers")
    within("--slots", full["slots"], 1, 1000, "slots a worker")
    within("--beats", full["beats"], 1, 20, "beats")
    within("--idle", full["idle"], 0, 86400, "seconds")
    if full["seed"] is None:
        full["seed"] = random.SystemRandom().randrange(1_000_000)
    return Options(**{**full, "ha": ha, "json": file(full["json"])})


def within(name: str, value: float, low: float, high: float, unit: str) -> None:
    """Raises OptionError."""
    if not low <= value <= high:
        raise OptionError(f"{name} is {value:g}; it must be from {low:g} to {high:g} {unit}.")


def file(name: str | None) -> Path | None:
    """Where the figures go. Raises OptionError when they could not."""
    if name is None:
        return None
    path = Path(name)
    # Found out now: nobody wants to learn after a minute that the figures have nowhere to go.
    if path.is_dir() or not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise OptionError(f"--json: {path} cannot be written; name a file in a folder that exists and is yours.")
    return path
