"""Compares minute by minute what was forecast with what happened. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jobs.forecast.overloads import LATE
from verification.benchmark.foreseen.options import Asked
from verification.benchmark.machine import Machine

NAMED_RIGHTLY = 0.9  # of the overloaded minutes, at least, both ways
FACTOR = 2.0  # between the greatest delays, at most


@dataclass(frozen=True)
class Minute:
    """Minute in which jobs were due: how many, and the greatest delay in milliseconds, as forecast and as it was."""

    begin: datetime
    starts: int
    forecast: float
    measured: float

    @property
    def was_foreseen(self) -> bool:
        return self.forecast > LATE

    @property
    def was_late(self) -> bool:
        return self.measured > LATE


@dataclass(frozen=True)
class Compared:
    """Verdict on all minutes."""

    minutes: Sequence[Minute]

    @property
    def late(self) -> int:
        return sum(one.was_late for one in self.minutes)

    @property
    def foreseen(self) -> int:
        return sum(one.was_foreseen for one in self.minutes)

    @property
    def both(self) -> int:
        return sum(one.was_late and one.was_foreseen for one in self.minutes)

    @property
    def precision(self) -> float:
        """Share of the minutes that were named overloaded which were; 1 where none was named."""
        return self.both / self.foreseen if self.foreseen else 1.0

    @property
    def recall(self) -> float:
        """Share of the overloaded minutes that were named; 1 where there was none."""
        return self.both / self.late if self.late else 1.0

    @property
    def greatest(self) -> tuple[float, float]:
        """The greatest delay as forecast and as it was, in milliseconds."""
        return max(one.forecast for one in self.minutes), max(one.measured for one in self.minutes)

    @property
    def ratio(self) -> float:
        """The greatest delay as forecast in parts of what it was."""
        forecast, measured = self.greatest
        return forecast / measured if measured else float("inf")

    @property
    def ratios(self) -> list[float]:
        """Ratios of the minutes that were overloaded both ways, the least first."""
        return sorted(one.forecast / one.measured for one in self.minutes if one.was_late and one.was_foreseen)

    @property
    def holds(self) -> bool:
        named = min(self.precision, self.recall) >= NAMED_RIGHTLY
        return named and 1 / FACTOR <= self.ratio <= FACTOR


def compare(forecast: Mapping[datetime, tuple[int, float]], measured: Mapping[datetime, tuple[int, float]]) -> Compared:
    """Compare by minutes in which anything was due; of each how many starts and the greatest delay."""
    return Compared(
        [Minute(at, starts, forecast.get(at, (0, 0.0))[1], delay) for at, (starts, delay) in sorted(measured.items())]
    )


@dataclass
class Result:
    """Figures of a run. `flaws`: jobs that did not start or complete; `last_words`: the logs' ends, when something
    raised."""

    options: Asked
    machine: Machine
    logs: Path
    lasts: float  # seconds that a body was taken to last
    sentences: list[str]  # of the overloads, as they were forecast
    compared: Compared
    flaws: list[str] = field(default_factory=list)
    last_words: str = ""

    @property
    def passed(self) -> bool:
        return not self.flaws and self.compared.holds

    def as_json(self) -> dict[str, Any]:
        found = self.compared
        return {
            "passed": self.passed,
            "options": {**asdict(self.options), "json": str(self.options.json)},
            "machine": asdict(self.machine),
            "lasts": self.lasts,
            "forecast": self.sentences,
            "precision": found.precision,
            "recall": found.recall,
            "ratio": found.ratio,
            "ratios": found.ratios,
            "minutes": [asdict(one) for one in found.minutes],
            "flaws": self.flaws,
        }
