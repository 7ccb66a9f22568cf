"""Modes of the benchmark, by the option of the command line that chooses each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from launcher.interrupts import Interrupts
from verification.benchmark import options
from verification.benchmark.burst import card as burst_card
from verification.benchmark.burst import options as burst_options
from verification.benchmark.burst import run
from verification.benchmark.creating import card as creating_card
from verification.benchmark.creating import options as creating_options
from verification.benchmark.creating import run as creating_run
from verification.benchmark.drain import card as drain_card
from verification.benchmark.drain import options as drain_options
from verification.benchmark.drain import turns
from verification.benchmark.foreseen import card as foreseen_card
from verification.benchmark.foreseen import options as foreseen_options
from verification.benchmark.foreseen import run as foreseen_run
from verification.benchmark.limits import card as limits_card
from verification.benchmark.limits import options as limits_options
from verification.benchmark.limits import pressure
from verification.benchmark.look import card as look_card
from verification.benchmark.look import options as look_options
from verification.benchmark.look import run as look_run
from verification.benchmark.many import card as many_card
from verification.benchmark.many import options as many_options
from verification.benchmark.many import run as many_run
from verification.benchmark.peers import compare, table
from verification.benchmark.peers import options as peers_options
from verification.benchmark.processes.start import Tell
from verification.benchmark.profile import card as profile_card
from verification.benchmark.profile import options as profile_options
from verification.benchmark.profile import run as profile_run
from verification.benchmark.report import card
from verification.benchmark.round import Round
from verification.benchmark.schedules import card as schedules_card
from verification.benchmark.schedules import load as schedules_load
from verification.benchmark.schedules import options as schedules_options
from verification.benchmark.soak import card as soak_card
from verification.benchmark.soak import options as soak_options
from verification.benchmark.soak import run as soak_run
from verification.benchmark.steady import card as steady_card
from verification.benchmark.steady import flow
from verification.benchmark.steady import options as steady_options
from verification.benchmark.throughput import card as throughput_card
from verification.benchmark.throughput import drain
from verification.benchmark.throughput import options as throughput_options
from verification.benchmark.upgrade import card as upgrade_card
from verification.benchmark.upgrade import options as upgrade_options
from verification.benchmark.upgrade import run as upgrade_run
from verification.benchmark.years import card as years_card
from verification.benchmark.years import options as years_options
from verification.benchmark.years import run as years_run


class Result(Protocol):
    """Result of any benchmark. `last_words`: the logs' ends, when something raised."""

    last_words: str

    @property
    def passed(self) -> bool: ...

    def as_json(self) -> dict[str, Any]: ...


class Benchmark(Protocol):
    """`headline`: one line that says what is about to be measured."""

    @property
    def headline(self) -> str: ...

    def carry_out(self, tell: Tell) -> Any: ...


@dataclass(frozen=True)
class Mode:
    """Kind of benchmark: makes one from the name of a run, shows its result, names the file of its figures."""

    make: Callable[[str, Interrupts], Benchmark]
    show: Callable[[Any, Console], None]
    json: Path | None


Checked = Callable[[Mapping[str, Any]], Any]
Choice = tuple[Checked, Callable[..., Benchmark], Callable[[Any, Console], None]]

# By the option of the command line: what checks the others, what is carried out, what shows the result.
CHOICES: Mapping[
    str, tuple[Callable[[Mapping[str, Any]], Any], Callable[..., Benchmark], Callable[[Any, Console], None]]
]
CHOICES = {
    "throughput": (throughput_options.checked, drain.Drain, throughput_card.show),
    "drain": (drain_options.checked, turns.Turns, drain_card.show),
    "scale_out": (drain_options.scale_out, turns.Turns, drain_card.show),
    "create": (creating_options.checked, creating_run.Creating, creating_card.show),
    "operations": (many_options.checked, many_run.Many, many_card.show),
    "burst": (burst_options.checked, run.BurstRun, burst_card.show),
    "steady": (steady_options.checked, flow.Flow, steady_card.show),
    "profile": (profile_options.checked, profile_run.Profiling, profile_card.show),
    "limits": (limits_options.checked, pressure.Pressure, limits_card.show),
    "schedules": (schedules_options.checked, schedules_load.Schedules, schedules_card.show),
    "soak": (soak_options.checked, soak_run.Soak, soak_card.show),
    "look": (look_options.checked, look_run.Looking, look_card.show),
    "forecast": (foreseen_options.checked, foreseen_run.Foreseen, foreseen_card.show),
    "years": (years_options.checked, years_run.After, years_card.show),
    "upgrade": (upgrade_options.checked, upgrade_run.Upgrade, upgrade_card.show),
    "peers": (peers_options.checked, compare.Comparing, table.show),
}
EXERCISE = (options.checked, Round, card.show)


def choose(given: Mapping[str, Any]) -> Mode:
    """Return the mode that the options of the command line ask for. Raises OptionError."""
    checked, made, show = next((CHOICES[name] for name in CHOICES if given.get(name)), EXERCISE)
    asked = checked(given)
    return Mode(partial(made, asked), show, asked.json)
