"""Result of the benchmark of limits, also as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from verification.benchmark.limits.disturbed import Outcome
from verification.benchmark.limits.lines import Cost
from verification.benchmark.limits.options import Asked
from verification.benchmark.machine import Machine

STEPS = ("start", "end", "turn")


@dataclass
class Result:
    """`costs` of a plain job first, then of each kind of line from the shortest to the longest."""

    run: str
    options: Asked
    machine: Machine
    logs: Path
    costs: list[Cost]
    outcome: Outcome
    stolen: float = 0.0
    last_words: str = field(init=False)

    def __post_init__(self) -> None:
        self.last_words = self.outcome.last_words

    @property
    def flaws(self) -> list[str]:
        """Return what was lost or doubled, a change of leader, a deadlock, a sentence each. Never what was slow."""
        found = list(self.outcome.flaws)
        if self.outcome.leaders != 1:
            found.append(f"{self.outcome.leaders} sessions have had the leader's lock.")
        if self.outcome.deadlocks:
            found.append(f"{self.outcome.deadlocks} deadlocks.")
        return found

    @property
    def passed(self) -> bool:
        return not self.flaws

    @property
    def ratios(self) -> dict[str, dict[str, float]]:
        """Return, by kind and step, the dearest line's time divided by the cheapest one's."""
        found: dict[str, dict[str, float]] = {}
        for kind in dict.fromkeys(cost.kind for cost in self.costs if cost.waiting):
            of_kind = [cost for cost in self.costs if cost.kind == kind]
            for step in STEPS:
                values = [getattr(cost, step) for cost in of_kind]
                if min(values) > 0:
                    found.setdefault(kind, {})[step] = max(values) / min(values)
        return found

    def as_json(self) -> dict[str, Any]:
        """Milliseconds and seconds as the dataclasses say."""
        return {
            "run": self.run,
            "passed": self.passed,
            "flaws": self.flaws,
            "problems": self.outcome.problems,
            "options": {**asdict(self.options), "json": str(self.options.json) if self.options.json else None},
            "costs_ms": [asdict(cost) for cost in self.costs],
            "ratios": self.ratios,
            "outcome": asdict(self.outcome),
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "logs": str(self.logs),
        }
