"""The benchmark of an installation after years: fills the tables, asks everything, fills them further, asks again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection

from jobs.clock import clock
from launcher.interrupts import Interrupts
from verification.benchmark import machine, preconditions
from verification.benchmark.machine import Machine
from verification.benchmark.processes.start import Tell
from verification.benchmark.years import fill
from verification.benchmark.years.looks import Looks
from verification.benchmark.years.options import Asked
from verification.benchmark.years.timing import WARM_UP, Timing, Took
from verification.benchmark.years.work import Work

GOAL = 1.5  # times what the smallest size takes
NOISE = 1.0  # ms: below it a ratio says nothing


@dataclass
class Result:
    """Times of all questions, by number of rows from the smallest, and the bytes of the tables."""

    options: Asked
    machine: Machine
    times: dict[int, dict[str, Took]] = field(default_factory=dict)
    bytes: dict[int, dict[str, int]] = field(default_factory=dict)
    stolen: float = 0.0
    last_words: str = ""

    @property
    def passed(self) -> bool:
        return True  # what is slow is named, and fails nothing

    @property
    def questions(self) -> list[str]:
        return list(next(iter(self.times.values())))

    def ratio(self, question: str) -> float:
        """Return how many times as long the processors are at it with the most rows as with the fewest."""
        few, most = self._ends(question)
        return most.median_cpu / few.median_cpu

    @property
    def grown(self) -> list[str]:
        """Return what takes longer with more rows than is wanted."""
        return [name for name in self.questions if self._has_grown(name)]

    def _has_grown(self, question: str) -> bool:
        few, most = self._ends(question)
        return self.ratio(question) > GOAL and most.median_cpu > few.median_cpu + NOISE

    def _ends(self, question: str) -> tuple[Took, Took]:
        return self.times[min(self.times)][question], self.times[max(self.times)][question]

    def as_json(self) -> dict[str, Any]:
        """Milliseconds."""
        return {
            "options": {**asdict(self.options), "json": str(self.options.json)},
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "bytes": self.bytes,
            "grown": self.grown,
            "questions": {
                name: {
                    "ratio": self.ratio(name),
                    "by_rows": {
                        rows: {
                            "median": took[name].median,
                            "cpu": took[name].median_cpu,
                            "first": took[name].first,
                        }
                        for rows, took in self.times.items()
                    },
                }
                for name in self.questions
            },
        }


class After:
    """Benchmark of an installation after years."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options = options
        interrupts.raising = True
        self._parts = (Work(run), Looks(run))

    @property
    def headline(self) -> str:
        sizes = ", ".join(f"{rows:,}" for rows in self.options.rows)
        return (
            f"After years: {sizes} jobs that are over, and as many in the history; each question {self.options.runs} x"
        )

    def carry_out(self, tell: Tell) -> Result:
        """Leaves nothing. Raises RoundFailed, and NotAlone."""
        result = Result(self.options, machine.describe())
        clock.measure()
        now = clock.now()
        preconditions.require_alone(now)
        years = fill.Years(now)
        years.require_empty()
        stolen = machine.stolen()
        try:
            for part in self._parts:
                part.begin()
            for rows in self.options.rows:
                years.grow(rows, tell)
                timing = Timing()
                for number in range(self.options.runs + WARM_UP):
                    tell(f"asking, {rows:,} rows", number, self.options.runs + WARM_UP)
                    for part in self._parts:
                        part.ask(timing)
                result.times[rows] = timing.took
                result.bytes[rows] = fill.sizes()
        finally:
            for part in self._parts:
                part.end()
            years.remove()
            connection.close()
        result.stolen = machine.stolen() - stolen
        return result
