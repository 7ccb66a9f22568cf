"""Options of a benchmark, refused in one sentence when they make no sense."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.peers.peer import NAMES

HA_BEATS = 3

# Name: what its text is turned into (list: it may be repeated), the help. Nothing has a default here:
# what is given to the wrong mode is refused.
ARGUMENTS: dict[str, tuple[type, str]] = {
    "duration": (
        float,
        "seconds of load (default 60, with --create 10, --limits 20, four times, --schedules 120)",
    ),
    "minutes": (int, "with --forecast: of load (default 60)"),
    "instances": (int, "workers (default 5, with --throughput, --drain, --steady, --profile and --schedules 2)"),
    "slots": (
        int,
        "jobs at a time in each worker (default 5, with --throughput and --drain 100, --burst 40, --steady, "
        "--profile and --schedules 20)",
    ),
    "beats": (int, "schedulers (default 1, with --ha 3)"),
    "pool": (str, "of the workers: threads (default) or prefork"),
    "seed": (int, "of the random steps (default: random, printed)"),
    "idle": (float, "seconds for which the idle database is measured afterwards (default 0, with --peers 10)"),
    "jobs": (
        int,
        "of the backlog (default 10000, with --drain and --scale-out 20000), of the burst (default 1000) or of a bulk "
        "request (with --create, default 10000)",
    ),
    "http": (int, "with --burst: HTTP jobs at one instant, beside as many Python ones (default 0)"),
    "rate": (
        float,
        "with --steady and --profile: jobs a second (default 500), with --limits of each kind (default 20), "
        "with --schedules: due a second (default 1000 a minute)",
    ),
    "hold": (int, "with --steady: jobs to hold in one worker afterwards, to see its memory (default 0)"),
    "only": (
        list,
        f"with --peers and --drain: {', '.join(NAMES)} (default all that are measured there); may be repeated",
    ),
    "runs": (
        int,
        "with --drain, --scale-out and --create: runs of each, in turns; the table has their medians (default 3); "
        "with --years: times that each question is asked (default 9)",
    ),
    "broker": (list, "with --drain and --scale-out: valkey or rabbitmq (default both); may be repeated"),
    "most": (
        list,
        "with --drain: what a job of RunAt may cost at most, wal=BYTES, writes=N, statements=N or messages=N, by the "
        "medians; more fails the benchmark; may be repeated",
    ),
    "against": (
        str,
        "with --drain, --create and --look: another checkout of RunAt, measured in turns with this one, by its code",
    ),
    "backlog": (int, "with --peers: jobs to drain (default 5000; 0: none)"),
    "waiting": (int, "with --limits: jobs in the longest line (default 100000)"),
    "resume": (int, "with --limits: jobs that are resumed at once (default 200000)"),
    "total": (int, "with --schedules: schedules (default 100000)"),
    "periodic": (int, "with --schedules: tasks of django-celery-beat beside (default 10000; 0: none)"),
    "rows": (
        list,
        "with --years: jobs that are over (default 100000 and 1000000); may be repeated; with --upgrade: jobs that are "
        "there before (default 1000000); with --look: jobs that are over, half of them in the history (default "
        "10000000)",
    ),
    "viewers": (int, "with --look: people who have the overview open (default 20)"),
    "soak": (int, "with --years, in its place: jobs that go all the way, a third of them while a snapshot is held"),
    "report": (float, "with --upgrade: seconds for which somebody's reports keep a transaction open (default 0: none)"),
    "json": (str, "write all figures to this file too"),
}
# Who has the options that the exercise does not have.
ELSEWHERE = {
    "minutes": "--forecast",
    "jobs": "--throughput or --burst or --drain or --scale-out or --create or --operations",
    "http": "--burst",
    "only": "--peers or --drain",
    "runs": "--drain or --scale-out or --create or --years",
    "broker": "--drain or --scale-out",
    "most": "--drain",
    "against": "--drain or --create or --look",
    "backlog": "--peers",
    "rate": "--steady or --profile or --limits or --schedules",
    "hold": "--steady",
    "waiting": "--limits",
    "resume": "--limits",
    "total": "--schedules",
    "rows": "--years or --look or --upgrade",
    "viewers": "--look",
    "soak": "--years",
    "report": "--upgrade",
    "periodic": "--schedules",
}
# Of the exercise, for what is not given.
STANDARD = {
    "duration": 60.0,
    "instances": 5,
    "slots": 5,
    "beats": 1,
    "pool": "threads",
    "seed": None,
    "idle": 0.0,
    "json": None,
}
POOLS = ("threads", "prefork")


class OptionError(ValueError):
    """An option makes no sense; the text is one sentence that says what does."""


@dataclass(frozen=True)
class Options:
    """Options of one round. `duration` (D of the workload) and `idle` are in seconds."""

    duration: float
    instances: int
    slots: int
    beats: int
    pool: str
    seed: int
    idle: float
    ha: bool
    json: Path | None

    @property
    def all_slots(self) -> int:
        return self.instances * self.slots


def filled(mode: str | None, given: Mapping[str, Any], standard: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given, with the mode's standard for what is not. Raises OptionError for another mode's option.

    `mode`: the option that chooses it; None: the exercise itself.
    """
    for name in ARGUMENTS:
        if name not in standard and given.get(name) is not None:
            where = f"with {mode}" if mode else f"without {ELSEWHERE[name]}"
            raise OptionError(f"--{name} means nothing {where}.")
    return {name: value if given.get(name) is None else given[name] for name, value in standard.items()}


def checked(given: Mapping[str, Any]) -> Options:
    """The options of the exercise. Raises OptionError."""
    ha = bool(given.get("ha"))
    return exercise(filled(None, given, {**STANDARD, "beats": HA_BEATS} if ha else STANDARD), ha=ha)


def exercise(full: Mapping[str, Any], *, ha: bool) -> Options:
    """The options of the exercise, all of them filled. Raises OptionError."""
    within("--duration", full["duration"], 5, 86400, "seconds")
    within("--instances", full["instances"], 1, 100, "workers")
    within("--slots", full["slots"], 1, 1000, "slots a worker")
    within("--beats", full["beats"], 1, 20, "beats")
    within("--idle", full["idle"], 0, 86400, "seconds")
    if full["pool"] not in POOLS:
        raise OptionError(f"--pool: there is no pool {full['pool']!r}; choose {' or '.join(POOLS)}.")
    seed = random.SystemRandom().randrange(1_000_000) if full["seed"] is None else full["seed"]
    return Options(**{**full, "seed": seed, "ha": ha, "json": file(full["json"])})


@dataclass(frozen=True)
class Volume:
    """Size of a run: so many `jobs`, and `instances` workers with `slots` each."""

    jobs: int
    instances: int
    slots: int
    json: Path | None

    @property
    def all_slots(self) -> int:
        return self.instances * self.slots


def volume(mode: str, given: Mapping[str, Any], standard: Mapping[str, int], *, fewest: int, most: int) -> Volume:
    """The options of a mode that is about numbers of jobs; `standard` for what is not given. Raises OptionError."""
    full = filled(mode, given, {**standard, "json": None})
    within("--jobs", full["jobs"], fewest, most, "jobs")
    within("--instances", full["instances"], 1, 100, "workers")
    within("--slots", full["slots"], 1, 1000, "slots a worker")
    return Volume(**{**full, "json": file(full["json"])})


def within(name: str, value: float, low: float, high: float, unit: str) -> None:
    """Check that a number lies within its bounds, both included. Raises OptionError."""
    if not low <= value <= high:
        raise OptionError(f"{name} is {value:g}; it must be from {low:g} to {high:g} {unit}.")


def file(name: str | None) -> Path | None:
    """Return the file for the figures; None if none is named. Raises OptionError when it could not be written."""
    if name is None:
        return None
    path = Path(name)
    # Found out now: nobody wants to learn after a minute that the figures have nowhere to go.
    if path.is_dir() or not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise OptionError(f"--json: {path} cannot be written; name a file in a folder that exists and is yours.")
    return path
