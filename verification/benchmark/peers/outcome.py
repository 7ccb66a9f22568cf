"""Result of a comparison, scored alike for all, also as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from verification.benchmark import score
from verification.benchmark.machine import Machine
from verification.benchmark.peers.options import Comparison
from verification.benchmark.peers.peer import OURS
from verification.benchmark.report.result import FLAWS_KEPT
from verification.benchmark.score import Row, Spread


@dataclass(frozen=True)
class Punctuality:
    """Figures of a system under the workload. `early`, `lost`, `twice`: jobs; `cost` by the exercise's formula; `idle`:
    statements a second that PostgreSQL has from it without a job; None: not measured; `delays_ms`: of the jobs that
    started.
    """

    start: Spread | None
    jobs: int
    early: int
    lost: int
    twice: int
    cost: int
    idle: float | None
    flaws: list[str]
    delays_ms: list[float]


def punctuality(
    rows: Sequence[Row], *, created: int, cost: int, idle: float | None, window: timedelta, max_delay: timedelta
) -> Punctuality:
    """Score the rows with the code that scores ours."""
    delays = score.start_delays(rows)
    return Punctuality(
        start=score.summary(delays),
        jobs=created,
        early=sum(delay < 0 for delay in delays),
        lost=created - len(delays),
        twice=sum(row.starts > 1 for row in rows),
        cost=cost,
        idle=idle,
        flaws=score.flaws(rows, created=created, window=window, max_delay=max_delay),
        delays_ms=[round(delay, 3) for delay in delays],
    )


@dataclass
class System:
    """Line of the tables. `rate`: jobs a second; `missing`: why there are no figures, or not all."""

    name: str
    title: str
    settings: str
    lacks: str
    versions: list[str]
    punctuality: Punctuality | None = None
    rate: float | None = None
    missing: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """Result for all systems. `last_words`: the ends of RunAt's logs, when something raised there."""

    comparison: Comparison
    machine: Machine
    systems: list[System] = field(default_factory=list)
    last_words: str = ""

    @property
    def passed(self) -> bool:
        """Return whether RunAt, if it is among them, has started every job as it should. Nobody else can fail."""
        ours = self._ours()
        return ours is None or (ours.punctuality is not None and not ours.punctuality.flaws and not ours.missing)

    def ratio(self, system: System) -> float | None:
        """Return the system's mean + stdev as a multiple of RunAt's; None when either is not known."""
        ours, theirs = self._efficiency(self._ours()), self._efficiency(system)
        return theirs / ours if ours and theirs is not None else None

    def rate_ratio(self, system: System) -> float | None:
        """Return the system's jobs a second as a multiple of RunAt's; None when either is not known."""
        ours = self._ours()
        return system.rate / ours.rate if ours and ours.rate and system.rate is not None else None

    def _ours(self) -> System | None:
        return next((system for system in self.systems if system.name == OURS), None)

    @staticmethod
    def _efficiency(system: System | None) -> float | None:
        start = system.punctuality.start if system and system.punctuality else None
        return start.efficiency if start else None

    def as_json(self) -> dict[str, Any]:
        """Milliseconds and jobs a second as the names say; null where nothing was measured."""
        asked = self.comparison.round
        return {
            "options": {
                "duration": asked.duration,
                "instances": asked.instances,
                "slots": asked.slots,
                "seed": asked.seed,
                "idle": asked.idle,
                "backlog": self.comparison.backlog,
                "names": self.comparison.names,
            },
            "machine": asdict(self.machine),
            "systems": [self._system(system) for system in self.systems],
        }

    def _system(self, system: System) -> dict[str, Any]:
        p = system.punctuality
        figures = None
        if p is not None:
            figures = {**asdict(p), "flaws": p.flaws[:FLAWS_KEPT], "flaw_count": len(p.flaws)}
            del figures["start"]
            figures["start_delay_ms"] = {**asdict(p.start), "efficiency": p.start.efficiency} if p.start else None
        return {
            **asdict(system),
            "punctuality": figures,
            "ratio_to_runat": self.ratio(system),
            "rate_ratio_to_runat": self.rate_ratio(system),
        }
