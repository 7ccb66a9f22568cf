"""Options of a soak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.options import file, filled, within

STANDARD = {"soak": None, "json": None}


@dataclass(frozen=True)
class Asked:
    """Options: jobs that are made, listed, taken and ended."""

    jobs: int
    json: Path | None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--soak", given, STANDARD)
    within("--soak", full["soak"], 30_000, 100_000_000, "jobs")
    return Asked(full["soak"], file(full["json"]))
