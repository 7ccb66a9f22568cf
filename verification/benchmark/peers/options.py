"""Options of a comparison, beside those of a round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark import options
from verification.benchmark.peers.peer import NAMES

STANDARD = {**options.STANDARD, "idle": 10.0, "only": None, "backlog": 5000}


@dataclass(frozen=True)
class Comparison:
    """`names`: who is measured, in order; `backlog`: no-op jobs to be drained, 0: leave that table out."""

    round: options.Options
    names: tuple[str, ...]
    backlog: int

    @property
    def json(self) -> Path | None:
        return self.round.json


def checked(given: Mapping[str, Any]) -> Comparison:
    """Return the options of the command line, checked. Raises OptionError."""
    full = options.filled("--peers", given, STANDARD)
    only, backlog = full.pop("only"), full.pop("backlog")
    for name in only or ():
        if name not in NAMES:
            raise options.OptionError(f"--only: nobody is called {name!r}; choose from {', '.join(NAMES)}.")
    options.within("--backlog", backlog, 0, 1_000_000, "jobs")
    names = tuple(name for name in NAMES if not only or name in only)
    return Comparison(options.exercise(full, ha=False), names, backlog)
