"""Result of the benchmark of limits, also as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from verification.benchmark.limits.course import Course
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
    course: Course
    stolen: float = 0.0
    last_words: str = field(init=False)

    def __post_init__(self) -> None:
        self.last_words = self.course.last_words

    @property
    def flaws(self) -> list[str]:
        """Return what was lost or doubled, a change of leader, a deadlock, a sentence each. Never what was slow."""
        found = list(self.course.flaws)
        if self.course.leaders != 1:
            found.append(f"{self.course.leaders} sessions have had the leader's lock.")
        if self.course.deadlocks:
            found.append(f"{self.course.deadlocks} deadlocks.")
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
            "problems": self.course.problems,
            "options": {**asdict(self.options), "json": str(self.options.json) if self.options.json else None},
            "costs_ms": [asdict(cost) for cost in self.costs],
            "ratios": self.ratios,
            "course": asdict(self.course),
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "logs": str(self.logs),
        }
