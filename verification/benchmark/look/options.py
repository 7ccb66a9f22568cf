"""Options of the benchmark of people who look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.drain.options import checkout
from verification.benchmark.options import OptionError, file, filled, within

STANDARD = {"rows": ["10000000"], "viewers": 20, "duration": 60.0, "against": None, "json": None}
FEWEST, MOST = 10_000, 50_000_000  # rows


@dataclass(frozen=True)
class Asked:
    """Options: `rows` jobs that are over, half of them in the history; so many viewers for so many seconds, of the web
    process of this checkout and of `against`."""

    rows: int
    viewers: int
    duration: float
    against: Path | None
    json: Path | None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--look", given, STANDARD)
    if len(full["rows"]) > 1 or not full["rows"][0].isdecimal():
        raise OptionError("--rows: give one number of rows, such as 1000000.")
    rows = int(full["rows"][0])
    within("--rows", rows, FEWEST, MOST, "rows")
    within("--viewers", full["viewers"], 1, 500, "viewers")
    within("--duration", full["duration"], 5, 3600, "seconds")
    return Asked(rows, full["viewers"], full["duration"], checkout(full["against"]), file(full["json"]))
