"""Options of the profile: those of the steady load that is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verification.benchmark.options import file, filled, within
from verification.benchmark.steady.options import MOST_RATE, Steady

STANDARD = {"rate": 500.0, "duration": 60.0, "instances": 2, "slots": 20, "json": None}


def checked(given: Mapping[str, Any]) -> Steady:
    """Return the load that the command line asks for. Raises OptionError."""
    full = filled("--profile", given, STANDARD)
    within("--rate", full["rate"], 1, MOST_RATE, "jobs a second")
    within("--duration", full["duration"], 5, 600, "seconds")
    within("--instances", full["instances"], 1, 100, "workers")
    within("--slots", full["slots"], 1, 1000, "slots a worker")
    return Steady(**{**full, "hold": 0, "json": file(full["json"])})
