"""Options of the comparison of a forecast with what happens."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.options import file, filled, within

STANDARD = {"minutes": 60, "slots": 4, "seed": None, "json": None}


@dataclass(frozen=True)
class Asked:
    """Options: how many minutes of load, on a worker with so many slots."""

    minutes: int
    slots: int
    seed: int
    json: Path | None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--forecast", given, STANDARD)
    within("--minutes", full["minutes"], 1, 1440, "minutes")
    within("--slots", full["slots"], 2, 1000, "slots")
    seed = random.SystemRandom().randrange(1_000_000) if full["seed"] is None else full["seed"]
    return Asked(minutes=full["minutes"], slots=full["slots"], seed=seed, json=file(full["json"]))
