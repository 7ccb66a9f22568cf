"""What a benchmark is asked to do, refused in one sentence when it makes no sense."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

HA_BEATS = 3

# Name: what its text is turned into, the default, the help.
ARGUMENTS: dict[str, tuple[type, object, str]] = {
    "duration": (float, 60, "seconds of load (default 60)"),
    "instances": (int, 5, "workers (default 5)"),
    "slots": (int, 5, "jobs at a time in each worker (default 5)"),
    "beats": (int, None, "schedulers (default 1, with --ha 3)"),
    "seed": (int, None, "of the random steps (default: random, printed)"),
    "idle": (float, 0, "seconds for which the idle database is measured afterwards (default 0)"),
    "json": (str, None, "write all figures to this file too"),
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


def checked(
    *,
    duration: float,
    instances: int,
    slots: int,
    beats: int | None,
    seed: int | None,
    idle: float,
    ha: bool,
    json: str | None,
) -> Options:
    """The options with their defaults filled in. Raises OptionError."""
    _within("--duration", duration, 5, 86400, "seconds")
    _within("--instances", instances, 1, 100, "workers")
    _within("--slots", slots, 1, 1000, "slots a worker")
    beats = (HA_BEATS if ha else 1) if beats is None else beats
    _within("--beats", beats, 1, 20, "beats")
    _within("--idle", idle, 0, 86400, "seconds")
    if json is not None:
        _writable(Path(json))
    return Options(
        duration=duration,
        instances=instances,
        slots=slots,
        beats=beats,
        seed=random.SystemRandom().randrange(1_000_000) if seed is None else seed,
        idle=idle,
        ha=ha,
        json=None if json is None else Path(json),
    )


def _within(name: str, value: float, low: float, high: float, unit: str) -> None:
    if not low <= value <= high:
        raise OptionError(f"{name} is {value:g}; it must be from {low:g} to {high:g} {unit}.")


def _writable(path: Path) -> None:
    # Found out now: nobody wants to learn after a minute that the figures have nowhere to go.
    if path.is_dir() or not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise OptionError(f"--json: {path} cannot be written; name a file in a folder that exists and is yours.")
