"""The whole comparison: one system after the other, each alone on the machine."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from jobs.clock import clock
from jobs.conf import conf
from launcher.interrupts import Interrupts, StopRequested
from verification.benchmark import machine
from verification.benchmark.drain.peer import DrainedPeer
from verification.benchmark.drain.runat import RunAt
from verification.benchmark.drain.system import Surroundings
from verification.benchmark.drain.system import System as Drainable
from verification.benchmark.peers import runat
from verification.benchmark.peers.environment import Unavailable
from verification.benchmark.peers.options import Comparison
from verification.benchmark.peers.outcome import Outcome, System
from verification.benchmark.peers.peer import BY_NAME, OURS, OURS_SETTINGS, Peer
from verification.benchmark.processes.start import RoundFailed, Tell
from verification.benchmark.round import Round

FOLDER_PREFIX = "runat-peers-"
Figure = TypeVar("Figure")


class Comparing:
    """Run of a comparison. What cannot be measured says so in its line, and the next one follows."""

    def __init__(self, comparison: Comparison, run: str, interrupts: Interrupts) -> None:
        self.comparison, self.run = comparison, run
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._interrupts = interrupts

    @property
    def headline(self) -> str:
        names = ", ".join(self.comparison.names)
        return f"Comparison {self.run} of {names}, --seed {self.comparison.round.seed}, logs in {self.folder}"

    def carry_out(self, tell: Tell) -> Outcome:
        outcome = Outcome(self.comparison, machine.describe())
        clock.measure()
        for name in self.comparison.names:
            self._go_on()
            outcome.systems.append(self._runat(outcome, tell) if name == OURS else self._peer(BY_NAME[name], tell))
        return outcome

    def _go_on(self) -> None:
        """A stop that was asked for while processes were being stopped is obeyed now. Raises StopRequested."""
        if self._interrupts.count:
            raise StopRequested(signal.SIGTERM)
        self._interrupts.raising = True

    def _runat(self, outcome: Outcome, tell: Tell) -> System:
        asked, backlog = self.comparison.round, self.comparison.backlog
        system = System(OURS, "RunAt", OURS_SETTINGS, "", _own_versions())
        if result := _tried(system, lambda: Round(asked, self.run, self._interrupts).carry_out(tell)):
            system.punctuality = runat.scored(result)
            outcome.last_words = result.last_words
        self._go_on()
        if backlog:
            drained = RunAt.of_this_checkout(self.folder / OURS, settings.CELERY_BROKER_URL, self._around(tell))
            try:
                system.rate = _tried(system, lambda: self._rate(drained))
            finally:
                drained.remove()
        return system

    def _around(self, tell: Tell) -> Surroundings:
        return Surroundings(self.run, self._interrupts, tell)

    def _rate(self, drained: Drainable) -> float:
        drained.prepare()
        return drained.drain(self.comparison.backlog, 1).per_second

    def _peer(self, peer: Peer, tell: Tell) -> System:
        system = System(peer.name, peer.title, peer.settings, peer.lacks, [])
        drained = DrainedPeer.of(peer, self.folder / peer.name, settings.CELERY_BROKER_URL, self._around(tell))
        try:
            if _tried(system, drained.installed) is not None:
                system.versions = drained.versions
                self._measure(system, drained)
        finally:
            drained.remove()
        return system

    def _measure(self, system: System, drained: DrainedPeer) -> None:
        asked, backlog = self.comparison.round, self.comparison.backlog
        window, max_delay = (timedelta(seconds=s) for s in (conf().min_prepare_time, conf().max_delay_time))
        driver = drained.installed()
        system.punctuality = _tried(system, lambda: driver.punctuality(asked, window=window, max_delay=max_delay))
        self._go_on()
        if backlog and drained.peer.drains:
            system.rate = _tried(system, lambda: self._rate(drained))


def _own_versions() -> list[str]:
    return [f"{name}=={version(name)}" for name in ("celery", "kombu", "django", "psycopg", "redis")]


def _tried(system: System, measure: Callable[[], Figure]) -> Figure | None:
    """Return the measured figure; None, and the reason in the system's line, when it cannot be measured."""
    try:
        return measure()
    except (Unavailable, RoundFailed) as failed:
        if str(failed) not in system.missing:
            system.missing.append(str(failed))
        return None
