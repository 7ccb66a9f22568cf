"""Options of the drain."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from verification.benchmark.drain.drained import COUNTED
from verification.benchmark.drain.runat import INSTANCES, SLOTS
from verification.benchmark.options import OptionError, file, filled, within
from verification.benchmark.peers.peer import OURS, PEERS

BROKERS = ("valkey", "rabbitmq")
NAMES = (OURS, *(peer.name for peer in PEERS if peer.drains))
SCALES = (1, 2, 4)  # workers
STANDARD = {
    "jobs": 20_000,
    "runs": 3,
    "broker": None,
    "only": None,
    "against": None,
    "instances": INSTANCES,
    "slots": SLOTS,
    "most": None,
    "json": None,
}


@dataclass(frozen=True)
class Asked:
    """Options of the drains: `jobs` by each of `names`, `runs` times.

    RunAt drains by the code of this checkout and of `against`, with each of these numbers of `instances`: workers, of
    `slots` each. `most`: what a job of RunAt may cost, by the name of a count.
    """

    jobs: int
    runs: int
    brokers: tuple[str, ...]
    names: tuple[str, ...]
    against: Path | None
    instances: tuple[int, ...]
    slots: int
    most: dict[str, float]
    json: Path | None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return the options of the command line, checked. Raises OptionError."""
    full = filled("--drain", given, STANDARD)
    within("--jobs", full["jobs"], 100, 1_000_000, "jobs")
    within("--runs", full["runs"], 1, 100, "runs")
    within("--instances", full["instances"], 1, 100, "workers")
    within("--slots", full["slots"], 1, 1000, "slots a worker")
    return Asked(
        jobs=full["jobs"],
        runs=full["runs"],
        brokers=chosen("--broker", full["broker"], BROKERS),
        names=chosen("--only", full["only"], NAMES),
        against=checkout(full["against"]),
        instances=(full["instances"],),
        slots=full["slots"],
        most=_most(full["most"]),
        json=file(full["json"]),
    )


def scale_out(given: Mapping[str, Any]) -> Asked:
    """Return the options where only RunAt is drained, by few and by more workers. Raises OptionError."""
    full = filled("--scale-out", given, {name: STANDARD[name] for name in ("jobs", "runs", "broker", "slots", "json")})
    return replace(checked(full), names=(OURS,), instances=SCALES)


def chosen(option: str, named: list[str] | None, all_of_them: tuple[str, ...]) -> tuple[str, ...]:
    """Return those that are named, all if none is. Raises OptionError."""
    for name in named or ():
        if name not in all_of_them:
            raise OptionError(f"{option}: nobody is called {name!r}; choose from {', '.join(all_of_them)}.")
    return tuple(name for name in all_of_them if not named or name in named)


def _most(named: list[str] | None) -> dict[str, float]:
    found = {}
    for each in named or ():
        name, _, number = each.partition("=")
        if name not in COUNTED or not re.fullmatch(r"\d+(\.\d+)?", number):
            raise OptionError(f"--most: {each!r} says nothing; give one of {', '.join(COUNTED)}, as in wal=3000.")
        found[name] = float(number)
    return found


def checkout(name: str | None) -> Path | None:
    """Return the other checkout that `--against` names. Raises OptionError."""
    if name is None:
        return None
    path = Path(name).absolute()
    if not (path / "manage.py").is_file() or not os.access(path, os.R_OK):
        raise OptionError(f"--against: {path} is no checkout of RunAt; name a folder that has a manage.py.")
    return path
