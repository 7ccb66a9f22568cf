"""Options of the benchmark of an upgrade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.options import OptionError, file, filled, within

STANDARD = {"rows": ["1000000"], "report": 0.0, "json": None}
MOST = 50_000_000  # rows


@dataclass(frozen=True)
class Asked:
    """Options: jobs that are there before, and the seconds for which each report of somebody keeps its transaction
    open; 0: nobody makes any."""

    rows: int
    report: float
    json: Path | None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--upgrade", given, STANDARD)
    (text, *more) = full["rows"]
    if more or not text.isdecimal():
        raise OptionError("--rows with --upgrade is one number of rows, such as 1000000.")
    within("--rows", int(text), 100, MOST, "rows")
    within("--report", full["report"], 0, 60, "seconds")
    return Asked(int(text), full["report"], file(full["json"]))
