"""What the throughput benchmark is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.benchmark import options

BARE_SLOTS = 10  # of each of bare Celery's workers, where it was found to be fastest


@dataclass(frozen=True)
class Options:
    """A backlog of `jobs`, and `instances` workers with `slots` each."""

    jobs: int
    instances: int
    slots: int
    json: Path | None


def checked(given: Mapping[str, Any]) -> Options:
    """The options. Raises OptionError."""
    full = options.filled("--throughput", given, {"jobs": 10_000, "instances": 2, "slots": 100, "json": None})
    options.within("--jobs", full["jobs"], 10, 1_000_000, "jobs")
    options.within("--instances", full["instances"], 1, 100, "workers")
    options.within("--slots", full["slots"], 1, 1000, "slots a worker")
    return Options(**{**full, "json": options.file(full["json"])})
