"""Options of the benchmark of an installation after years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.options import OptionError, file, filled, within

STANDARD = {"rows": ["100000", "1000000"], "runs": 9, "json": None}
FEWEST, MOST = 100_000, 50_000_000  # rows


@dataclass(frozen=True)
class Asked:
    """Options: sizes of the table of jobs, from the smallest, and how often each question is asked at each."""

    rows: tuple[int, ...]
    runs: int
    json: Path | None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--years", given, STANDARD)
    within("--runs", full["runs"], 1, 100, "runs")
    return Asked(sizes(full["rows"]), full["runs"], file(full["json"]))


def sizes(given: list[str]) -> tuple[int, ...]:
    """Return numbers of rows, each once, from the smallest. Raises OptionError."""
    found = set()
    for text in given:
        if not text.isdecimal():
            raise OptionError(f"--rows: {text!r} is not a number of rows, such as 100000.")
        within("--rows", int(text), FEWEST, MOST, "rows")
        found.add(int(text))
    return tuple(sorted(found))
