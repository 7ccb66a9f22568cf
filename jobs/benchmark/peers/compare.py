"""The whole comparison: one system after the other, each alone on the machine."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from jobs.benchmark import machine
from jobs.benchmark.peers import ours
from jobs.benchmark.peers.driver import Driver, Tell
from jobs.benchmark.peers.environment import Unavailable, install
from jobs.benchmark.peers.options import Comparison
from jobs.benchmark.peers.outcome import Outcome, System
from jobs.benchmark.peers.peer import BY_NAME, OURS, OURS_SETTINGS, Peer
from jobs.benchmark.round import RoundFailed
from jobs.clock import clock
from jobs.conf import conf
from project.local.interrupts import Interrupts, StopRequested

IDLE_S = 10.0  # seconds of idleness after each load, unless --idle says more
FOLDER_PREFIX = "runat-peers-"
Figure = TypeVar("Figure")


@dataclass
class Comparing:
    """One run of it. What cannot be measured says so in its line, and the next one follows."""

    comparison: Comparison
    run: str
    interrupts: Interrupts
    tell: Tell

    def __post_init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        asked = self.comparison.round
        self.comparison = replace(self.comparison, round=replace(asked, idle=asked.idle or IDLE_S))

    def carry_out(self) -> Outcome:
        outcome = Outcome(self.comparison, machine.describe())
        clock.measure()
        for name in self.comparison.names:
            self._go_on()
            outcome.systems.append(self._runat() if name == OURS else self._peer(BY_NAME[name]))
        return outcome

    def _go_on(self) -> None:
        """A stop that was asked for while processes were being stopped is obeyed now. Raises StopRequested."""
        if self.interrupts.count:
            raise StopRequested(signal.SIGTERM)
        self.interrupts.raising = True

    def _runat(self) -> System:
        asked, backlog = self.comparison.round, self.comparison.backlog
        system = System(OURS, "RunAt", OURS_SETTINGS, "", _own_versions())
        system.punctuality = _tried(system, lambda: ours.measure(asked, self.run, self.interrupts, self.tell))
        self._go_on()
        if backlog:
            folder = self.folder / OURS
            system.rate = _tried(system, lambda: ours.rate(backlog, self.run, folder, self.interrupts, self.tell))
        return system

    def _peer(self, peer: Peer) -> System:
        versions = peer.requirements.read_text().split()
        system = System(peer.name, peer.title, peer.settings, peer.lacks, versions)
        folder, environment = self.folder / peer.name, self.folder / f"{peer.name}-environment"
        self.tell(f"{peer.name}: installing", 0, 1)
        try:
            python = _tried(system, lambda: install(peer.requirements, environment, self.interrupts))
            if python is not None:
                self._measure(system, Driver(peer, python, folder, self.interrupts, self.tell))
        finally:
            shutil.rmtree(environment, ignore_errors=True)
        return system

    def _measure(self, system: System, driver: Driver) -> None:
        asked, backlog = self.comparison.round, self.comparison.backlog
        window, max_delay = (timedelta(seconds=s) for s in (conf().min_prepare_time, conf().max_delay_time))
        system.punctuality = _tried(system, lambda: driver.punctuality(asked, window=window, max_delay=max_delay))
        self._go_on()
        if backlog and driver.peer.drains:
            system.rate = _tried(system, lambda: driver.rate(backlog))


def _own_versions() -> list[str]:
    return [f"{name}=={version(name)}" for name in ("celery", "kombu", "django", "psycopg", "redis")]


def _tried(system: System, measure: Callable[[], Figure]) -> Figure | None:
    """What it measures; None, and the reason in the system's line, when it cannot."""
    try:
        return measure()
    except (Unavailable, RoundFailed) as failed:
        if str(failed) not in system.missing:
            system.missing.append(str(failed))
        return None
