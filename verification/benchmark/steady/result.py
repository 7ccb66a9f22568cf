"""Result of a steady load, also as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from verification.benchmark.cost import Cost
from verification.benchmark.facts import Facts
from verification.benchmark.machine import Machine
from verification.benchmark.statements import Traffic
from verification.benchmark.steady.held import Held
from verification.benchmark.steady.job_times import Figures
from verification.benchmark.steady.options import Steady
from verification.benchmark.steady.samples import Memory, Published

SPARE_LISTS = 1  # list queries beyond one a window: a change of leader lists at once


@dataclass
class Result:
    """The load was due from `since` to `until`, each job committed `ahead` seconds before its time. `cpu`: seconds
    from the first INSERT to the last end, by kind of process, idle time included; `traffic`: the statements of that
    time; `messages`: published meanwhile, None where the broker does not tell; `stolen`: seconds of CPU time that the
    host gave to others."""

    run: str
    options: Steady
    machine: Machine
    logs: Path
    since: datetime
    until: datetime
    window: float
    ahead: float
    created: int
    facts: Facts
    figures: Figures
    cost: Cost
    published: list[Published]
    memory: list[Memory]
    cpu: dict[str, float]
    traffic: Traffic | None
    messages: int | None
    warnings: list[str]
    held: Held | None = None
    problems: list[str] = field(default_factory=list)
    last_words: str = ""
    stolen: float = 0.0

    @property
    def flaws(self) -> list[str]:
        """Return what was lost, doubled, early, or listed too often, a sentence each. Never what was slow."""
        found = self.facts.flaws(self.created)
        if self.created != self.options.jobs:
            found.append(f"{self.created} of {self.options.jobs} jobs were committed.")
        if self.figures.early:
            found.append(f"{self.figures.early} jobs were started before their time.")
        allowed = self.cost.windows + SPARE_LISTS
        if self.cost.list_queries > allowed:
            found.append(
                f"{self.cost.list_queries} list queries in {self.cost.windows} windows; {allowed} are allowed."
            )
        return found

    @property
    def passed(self) -> bool:
        return not self.flaws

    @property
    def cpu_ms_per_job(self) -> dict[str, float]:
        """CPU milliseconds a job, by kind of process."""
        return {kind: seconds * 1000 / max(self.facts.completed, 1) for kind, seconds in self.cpu.items()}

    @property
    def cores(self) -> dict[str, float]:
        """Return how much of a core each kind of process took, over the load or, if it was longer, the time of the
        jobs.
        """
        lasted = max(self.options.duration, self.facts.seconds)
        return {kind: seconds / lasted for kind, seconds in self.cpu.items()}

    @property
    def messages_per_job(self) -> float | None:
        return None if self.messages is None else self.messages / max(self.facts.jobs, 1)

    @property
    def statements_per_job(self) -> float | None:
        return None if self.traffic is None else self.traffic.statements / max(self.facts.jobs, 1)

    @property
    def slowest_published(self) -> Published | None:
        """The list query whose jobs took longest to be published."""
        seen = [one for one in self.published if one.seconds is not None]
        return max(seen, key=lambda one: one.seconds or 0.0, default=None)

    def as_json(self) -> dict[str, Any]:
        """Milliseconds, seconds and MB as the names say; times in ISO 8601."""
        held = None if self.held is None else {**asdict(self.held), "bytes_each": self.held.bytes_each}
        return {
            "run": self.run,
            "passed": self.passed,
            "flaws": self.flaws,
            "warnings": self.warnings,
            "problems": self.problems,
            "options": {**asdict(self.options), "json": str(self.options.json) if self.options.json else None},
            "since": self.since,
            "until": self.until,
            "window_s": self.window,
            "committed_ahead_s": self.ahead,
            "jobs": {"created": self.created, "started": self.facts.started, "completed": self.facts.completed},
            "achieved_per_second": self.facts.jobs_per_second,
            "figures": asdict(self.figures),
            "cost": asdict(self.cost),
            "published": [asdict(one) for one in self.published],
            "memory_mb": [asdict(one) for one in self.memory],
            "held": held,
            "cpu_s": self.cpu,
            "cpu_ms_per_job": self.cpu_ms_per_job,
            "cores": self.cores,
            "facts": asdict(self.facts),
            "messages_per_job": self.messages_per_job,
            "transactions_per_job": self.facts.transactions_per_job,
            "statements_per_job": self.statements_per_job,
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "logs": str(self.logs),
        }
