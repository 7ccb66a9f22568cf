"""Options of the benchmark of operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.options import file, filled, within

STANDARD = {"jobs": 100_000, "json": None}


@dataclass(frozen=True)
class Asked:
    """Options: how many jobs the filter finds."""

    jobs: int
    json: Path | None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--operations", given, STANDARD)
    within("--jobs", full["jobs"], 1, 1_000_000, "jobs")
    return Asked(jobs=full["jobs"], json=file(full["json"]))
