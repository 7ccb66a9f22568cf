"""Systems that are drained: what each must be able to do, and how one drain of any of them is watched."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from launcher.interrupts import Interrupts
from verification.benchmark.drain.drained import Drained
from verification.benchmark.peers.environment import Unavailable
from verification.benchmark.processes import logs
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import Tell

LOOK_S = 0.02  # between two looks at whether all has ended: what a figure is exact to
TICKS = 12  # looks between two of the processes' own
SLOWEST = 50.0  # jobs a second: below it nothing is measured any more
STARTED_WITHIN = 60.0  # seconds


@dataclass(frozen=True)
class Surroundings:
    """Surroundings of a system that is drained. `run`: in the name of all that it makes; `tell`: what goes on."""

    run: str
    interrupts: Interrupts
    tell: Tell


@dataclass
class System(ABC):
    """A line of the table. `broker`: the kind it uses, "" if none; `missing`: why there are no figures, or fewer."""

    name: str
    title: str
    settings: str
    broker: str = ""
    instances: int = 0  # worker processes
    versions: list[str] = field(default_factory=list)
    drains: list[Drained] = field(default_factory=list)
    missing: str = ""

    @abstractmethod
    def prepare(self) -> None:
        """Get ready what all its drains need. Raises Unavailable."""

    @abstractmethod
    def drain(self, jobs: int, number: int) -> Drained:
        """Fill a backlog, drain it, measure that; `number`: which of its drains it is.

        Raises Unavailable, RoundFailed.
        """

    @abstractmethod
    def remove(self) -> None:
        """Leave nothing behind."""


def watch(
    what: str,
    done: Callable[[], bool],
    cluster: Cluster,
    around: Surroundings,
    jobs: int,
    *,
    left: Callable[[], str],
) -> None:
    """Wait until it is done. Raises Unavailable when a process has ended, or it is not done for too long; `left` says
    what is left then."""
    began, looks, longest = time.monotonic(), 0, STARTED_WITHIN + jobs / SLOWEST
    while not done():
        looks += 1
        if looks % TICKS == 0:
            passed = time.monotonic() - began
            cluster.tick()
            around.tell(what, passed, longest)
            if ended := cluster.bad_ends():
                raise Unavailable(f"{ended[0]}; its logs are in {cluster.folder}")
            if passed > longest:
                raise Unavailable(
                    f"was not done within {longest:g} s: {left()}; {_last_warning(cluster)}its logs are in "
                    f"{cluster.folder}"
                )
        around.interrupts.wait(LOOK_S)


def _last_warning(cluster: Cluster) -> str:
    """The last warning of its logs, if there is one: a server that refuses is told of by those that need it."""
    warnings = (logs.last_warning(member.log) for member in cluster.members)
    return next((f"'{warning}'; " for warning in warnings if warning), "")
