"""Result of a burst benchmark, also as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from verification.benchmark.burst.idle import Body, Idle, idle
from verification.benchmark.burst.options import EXACT_SLOTS, EXACT_TIMES, Bursts
from verification.benchmark.facts import Facts
from verification.benchmark.machine import Machine
from verification.benchmark.score import Spread, summary
from verification.benchmark.workload import BODY_SECONDS


@dataclass(frozen=True)
class Burst:
    """Jobs of one instant, in the order in which their bodies were entered. Delays in ms."""

    first: Spread | None  # those for which there were slots
    rest: Spread | None
    above_ideal: Spread | None  # of the rest: later than its wave of bodies could have begun
    idle: Idle


def burst(bodies: Sequence[Body], *, workers: int, slots: int) -> Burst:
    """The figures of one instant."""
    delays = sorted(body.entered - body.due for body in bodies)
    there = workers * slots
    ideal = [place // there * BODY_SECONDS * 1000 for place in range(len(delays))]
    return Burst(
        first=summary(delays[:there]),
        rest=summary(delays[there:]),
        above_ideal=summary([late - best for late, best in zip(delays, ideal, strict=True)][there:]),
        idle=idle(bodies, workers=workers, slots=slots),
    )


@dataclass(frozen=True)
class Beside:
    """Bursts of Python and of HTTP jobs in turn, and the connections that the server of the HTTP jobs has seen."""

    python: list[Burst]
    http: list[Burst]
    connections: int


@dataclass
class Result:
    """`big`: more jobs than slots; `exact`: bursts of exactly all slots, one after another; `beside`: HTTP jobs, where
    they were asked for."""

    run: str
    options: Bursts
    machine: Machine
    logs: list[Path]
    big: Burst
    exact: list[Burst]
    beside: Beside | None
    facts: Facts
    flaws: list[str]
    warnings: list[str]
    problems: list[str] = field(default_factory=list)
    last_words: str = ""

    @property
    def passed(self) -> bool:
        return not self.flaws

    @property
    def exact_max(self) -> float:
        """The latest start in any burst of exactly all slots, in ms."""
        return max((one.first.high for one in self.exact if one.first), default=0.0)

    def as_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "passed": self.passed,
            "flaws": self.flaws,
            "warnings": self.warnings,
            "problems": self.problems,
            "options": {
                **asdict(self.options),
                "json": str(self.options.json),
                "exact_slots": EXACT_SLOTS,
                "exact_times": EXACT_TIMES,
            },
            "big": asdict(self.big),
            "exact": [asdict(one) for one in self.exact],
            "beside": asdict(self.beside) if self.beside else None,
            "exact_max_ms": self.exact_max,
            "facts": asdict(self.facts),
            "machine": asdict(self.machine),
            "logs": [str(folder) for folder in self.logs],
        }
