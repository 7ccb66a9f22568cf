"""Modes of the benchmark: the exercise, throughput, bursts, a steady load, limits, RunAt beside its peers."""

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
from verification.benchmark.limits import card as limits_card
from verification.benchmark.limits import options as limits_options
from verification.benchmark.limits import pressure
from verification.benchmark.peers import compare, table
from verification.benchmark.peers import options as peers_options
from verification.benchmark.processes.start import Tell
from verification.benchmark.report import card
from verification.benchmark.round import Round
from verification.benchmark.steady import card as steady_card
from verification.benchmark.steady import flow
from verification.benchmark.steady import options as steady_options
from verification.benchmark.throughput import card as throughput_card
from verification.benchmark.throughput import drain
from verification.benchmark.throughput import options as throughput_options


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


def choose(given: Mapping[str, Any]) -> Mode:
    """Return the mode that the options of the command line ask for. Raises OptionError."""
    if given.get("throughput"):
        of_throughput = throughput_options.checked(given)
        return Mode(partial(drain.Drain, of_throughput), throughput_card.show, of_throughput.json)
    if given.get("burst"):
        of_burst = burst_options.checked(given)
        return Mode(partial(run.BurstRun, of_burst), burst_card.show, of_burst.json)
    if given.get("steady"):
        of_load = steady_options.checked(given)
        return Mode(partial(flow.Flow, of_load), steady_card.show, of_load.json)
    if given.get("limits"):
        of_limits = limits_options.checked(given)
        return Mode(partial(pressure.Pressure, of_limits), limits_card.show, of_limits.json)
    if given.get("peers"):
        of_peers = peers_options.checked(given)
        return Mode(partial(compare.Comparing, of_peers), table.show, of_peers.json)
    of_exercise = options.checked(given)
    return Mode(partial(Round, of_exercise), card.show, of_exercise.json)
