"""Options of a drill, refused in one sentence when they make no sense."""

from __future__ import annotations

import itertools
import random
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verification.drill.faults import FAULTS
from verification.drill.plan import PLANS, Plan, of_faults

SHORTEST_S, LONGEST_S = 10.0, 3600.0
DURATION_S = 28.0  # two bursts


class OptionError(ValueError):
    """An option makes no sense; the text is one sentence that says what does."""


@dataclass(frozen=True)
class Options:
    """`duration`: of each round's load, in seconds. `complete`: every failpoint must be passed."""

    plans: list[Plan]
    seed: int
    duration: float
    beats: int
    workers: int
    json: Path | None
    complete: bool


def add_arguments(parser: ArgumentParser) -> None:
    """The command line."""
    names = ", ".join(PLANS)
    parser.add_argument("--rounds", default="all", help=f"all, a number, or names: {names} (default all)")
    parser.add_argument("--fault", action="append", default=[], help=f"only this (repeatable): {', '.join(FAULTS)}")
    parser.add_argument("--seed", type=int, help="of the load and of the faults (default: random, printed)")
    parser.add_argument("--duration", type=float, default=DURATION_S, help="seconds of load in each round (default 28)")
    parser.add_argument("--beats", type=int, default=3, help="schedulers (default 3)")
    parser.add_argument("--workers", type=int, default=5, help="workers of 5 slots (default 5)")
    parser.add_argument("--broker", help="valkey (a throw-away one, the default), rabbitmq, or a URL")
    parser.add_argument("--json", help="write the verdict to this file too")
    parser.add_argument("--i-know", action="store_true", help="inject faults into services that are not the drill's")


def checked(
    *,
    rounds: str,
    fault: Sequence[str],
    seed: int | None,
    duration: float,
    beats: int,
    workers: int,
    json: str | None,
    i_know: bool,
    foreign: Sequence[str],
) -> Options:
    """The options with their defaults filled in. `foreign`: services the drill did not start. Raises OptionError."""
    if foreign and not i_know:
        raise OptionError(
            f"The drill would inject faults into {' and '.join(foreign)} that it did not start; unset DATABASE_URL "
            "and BROKER_URL to drill on throw-away services, or add --i-know."
        )
    if not SHORTEST_S <= duration <= LONGEST_S:
        raise OptionError(f"--duration is {duration:g}; it must be from {SHORTEST_S:g} to {LONGEST_S:g} seconds.")
    if not 1 <= beats <= 20 or not 1 <= workers <= 100:
        raise OptionError("There must be 1 to 20 beats and 1 to 100 workers.")
    if json is not None and not Path(json).absolute().parent.is_dir():
        raise OptionError(f"--json: the folder of {json} does not exist.")
    return Options(
        plans=_plans(rounds, fault),
        seed=random.SystemRandom().randrange(1_000_000) if seed is None else seed,
        duration=duration,
        beats=beats,
        workers=workers,
        json=None if json is None else Path(json),
        complete=rounds == "all" and not fault,
    )


def _plans(rounds: str, faults: Sequence[str]) -> list[Plan]:
    if unknown := [name for name in faults if name not in FAULTS]:
        raise OptionError(f"There is no fault '{unknown[0]}'; there are {', '.join(FAULTS)}.")
    kinds = [of_faults(faults)] if faults else list(PLANS.values())
    if rounds == "all":
        return kinds
    if rounds.isdecimal() and int(rounds):
        return list(itertools.islice(itertools.cycle(kinds), int(rounds)))
    try:
        return [PLANS[name] for name in rounds.split(",")]
    except KeyError as unknown_plan:
        raise OptionError(f"--rounds: there is no round {unknown_plan}; there are {', '.join(PLANS)}.") from None
