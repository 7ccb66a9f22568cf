"""Result of drains in turns, also as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verification.benchmark.drain.drained import Medians, medians
from verification.benchmark.drain.options import Asked
from verification.benchmark.drain.system import System
from verification.benchmark.machine import Machine
from verification.benchmark.peers.peer import OURS


@dataclass
class Result:
    """Drains of each system; `stolen`: seconds of CPU that the host gave to others meanwhile."""

    asked: Asked
    machine: Machine
    logs: Path
    systems: list[System]
    stolen: float = 0.0
    last_words: str = ""

    def measured(self) -> Iterator[tuple[System, Medians]]:
        """Yield those that have drained their backlog at least once, with the medians of it."""
        for system in self.systems:
            if system.drains:
                yield system, medians(system.drains)

    @property
    def flaws(self) -> list[str]:
        """Return what was lost or done twice by whomever, and what cost RunAt more than it may, a sentence each."""
        found = [
            f"{system.title} {system.broker}: {flaw}"
            for system in self.systems
            for drained in system.drains
            for flaw in drained.flaws
        ]
        return [*found, *self._too_much()]

    def _too_much(self) -> Iterator[str]:
        for system, found in self.measured():
            if not self._ours(system):
                continue
            for name, most in self.asked.most.items():
                each = getattr(found, name)
                if each is not None and each > most:
                    yield f"{system.title} {system.broker}: {each:,.3f} {name} a job; {most:g} are allowed."

    @staticmethod
    def _ours(system: System) -> bool:
        return system.name.startswith(OURS)

    @property
    def passed(self) -> bool:
        """Return whether RunAt, if it is among them, has done each job once, at no more than it may cost. Nobody else
        can fail."""
        ours = [system for system in self.systems if self._ours(system)]
        undone = any(system.missing or any(drained.flaws for drained in system.drains) for system in ours)
        return not undone and not any(self._too_much())

    def as_json(self) -> dict[str, Any]:
        """Seconds, microseconds, bytes and jobs a second as the names say; null where nothing was measured."""
        return {
            "options": {**asdict(self.asked), "json": None, "against": str(self.asked.against or "") or None},
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "systems": [
                {
                    "name": system.name,
                    "title": system.title,
                    "broker": system.broker,
                    "instances": system.instances,
                    "settings": system.settings,
                    "versions": system.versions,
                    "missing": system.missing,
                    "medians": asdict(medians(system.drains)) if system.drains else None,
                    "drains": [drained.as_json() for drained in system.drains],
                }
                for system in self.systems
            ],
            "logs": str(self.logs),
        }
