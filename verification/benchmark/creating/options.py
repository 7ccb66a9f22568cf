"""Options of the benchmark of creation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.drain.options import checkout
from verification.benchmark.options import file, filled, within

STANDARD = {"duration": 10.0, "jobs": 10_000, "runs": 3, "against": None, "json": None}
CLIENTS = 4


@dataclass(frozen=True)
class Asked:
    """Options: `runs` times `duration` seconds of single requests and a bulk of `jobs`, by the web process of this
    checkout and of `against`, in turns."""

    duration: float
    jobs: int
    runs: int
    against: Path | None
    json: Path | None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--create", given, STANDARD)
    within("--duration", full["duration"], 1, 3600, "seconds")
    within("--jobs", full["jobs"], 1, 100_000, "jobs")
    within("--runs", full["runs"], 1, 100, "runs")
    return Asked(**{**full, "against": checkout(full["against"]), "json": file(full["json"])})
