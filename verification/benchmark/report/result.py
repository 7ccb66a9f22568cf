"""Result of a round, also as JSON."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from verification.benchmark import score
from verification.benchmark.cost import Cost
from verification.benchmark.machine import Machine
from verification.benchmark.options import Options
from verification.benchmark.score import Counts, Row, Spread
from verification.benchmark.statements import Traffic

FLAWS_KEPT = 100


@dataclass(frozen=True)
class Times:
    """Times of a load, which is due in [since, until]."""

    since: datetime
    until: datetime
    window: timedelta
    max_delay: timedelta


@dataclass
class Result:
    """Everything the card tells. `cpu`: seconds from `since` to the last job, by kind of process; `traffic`: the
    statements of the load; `lists`: from before the first counted window to the end of the load;
    `stolen`: seconds of CPU time that the host gave to others."""

    run: str
    options: Options
    times: Times
    first_id: int
    flaws: list[str]
    rows: list[Row]
    created: int
    cost: Cost
    cpu: dict[str, float]
    traffic: Traffic | None
    lists: Traffic | None
    idle: Traffic | None
    restarts: int
    warnings: list[str]
    machine: Machine
    logs: Path
    problems: list[str] = field(default_factory=list)
    last_words: str = ""
    stolen: float = 0.0

    @property
    def qualified(self) -> bool:
        return not self.flaws

    @property
    def passed(self) -> bool:
        """The HA round also asks that nothing raised."""
        return self.qualified and not (self.options.ha and self.problems)

    @property
    def counts(self) -> Counts:
        return score.counts(self.rows, self.created)

    @cached_property
    def start(self) -> Spread | None:
        return score.summary(score.start_delays(self.rows))

    @cached_property
    def original(self) -> Spread | None:
        return score.summary(score.original_delays(self.rows))

    @cached_property
    def lone(self) -> Spread | None:
        return score.summary(score.start_delays([row for row in self.rows if not row.burst]))

    @cached_property
    def burst(self) -> Spread | None:
        return score.summary(score.start_delays([row for row in self.rows if row.burst]))

    @property
    def early_locks(self) -> int:
        return len(score.leads(self.rows))

    @property
    def median_lead_ms(self) -> float | None:
        leads = score.leads(self.rows)
        return statistics.median(leads) if leads else None

    @property
    def jobs_per_second(self) -> float:
        return score.jobs_per_second(self.rows)

    @property
    def cpu_per_1000(self) -> dict[str, float]:
        """CPU seconds per 1,000 completed jobs, by kind of process."""
        jobs = max(self.counts.completed, 1)
        return {kind: seconds * 1000 / jobs for kind, seconds in self.cpu.items()}

    @property
    def sql(self) -> str:
        """Return the statement that shows the rows of this round in psql."""
        return f"SELECT * FROM jobs_job WHERE id >= {self.first_id} AND name LIKE 'benchmark {self.run} %'"  # noqa: S608 - to be read

    def as_json(self) -> dict[str, Any]:
        """Milliseconds and seconds as the names say; times in ISO 8601. No scores when it does not qualify."""
        options = {**asdict(self.options), "json": str(self.options.json) if self.options.json else None}
        scores = None
        if self.qualified and self.start and self.original:
            scores = {
                "cost": self.cost.total,
                "efficiency_start_ms": self.start.efficiency,
                "efficiency_original_ms": self.original.efficiency,
            }
        return {
            "run": self.run,
            "qualified": self.qualified,
            "passed": self.passed,
            "scores": scores,
            "flaws": self.flaws[:FLAWS_KEPT],
            "flaw_count": len(self.flaws),
            "problems": self.problems,
            "warnings": self.warnings,
            "options": options,
            "since": self.times.since,
            "until": self.times.until,
            "window_s": self.times.window.total_seconds(),
            "max_delay_s": self.times.max_delay.total_seconds(),
            "jobs": asdict(self.counts),
            "cost": {**asdict(self.cost), "above_floor": self.cost.above_floor},
            "start_delay_ms": {name: _spread(s) for name, s in self._spreads()},
            "delays_ms": [round(delay, 3) for delay in score.start_delays(self.rows)],
            "original_delay_ms": _spread(self.original),
            "early_locks": self.early_locks,
            "median_lead_ms": self.median_lead_ms,
            "jobs_per_second": self.jobs_per_second,
            "cpu_s_per_1000_jobs": self.cpu_per_1000,
            "statements": {
                "load": _traffic(self.traffic),
                "lists": _traffic(self.lists),
                "idle": _traffic(self.idle),
            },
            "restarts": self.restarts,
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "logs": str(self.logs),
            "sql": self.sql,
        }

    def _spreads(self) -> list[tuple[str, Spread | None]]:
        return [("all", self.start), ("lone", self.lone), ("burst", self.burst)]


def _spread(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else {**asdict(spread), "efficiency": spread.efficiency}


def _traffic(traffic: Traffic | None) -> dict[str, float] | None:
    return None if traffic is None else {**asdict(traffic), "per_second": traffic.per_second}
