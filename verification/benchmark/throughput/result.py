"""Result of a throughput benchmark, also as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from verification.benchmark.facts import Facts
from verification.benchmark.machine import Machine
from verification.benchmark.options import Volume
from verification.benchmark.statements import Traffic
from verification.benchmark.throughput.options import BARE_SLOTS


@dataclass(frozen=True)
class Drained:
    """A backlog: from the first entry of a body to the last end, the publishing before it by one process, and the CPU
    of all workers, in seconds."""

    jobs: int
    seconds: float
    publishing: float
    cpu: float

    @property
    def per_second(self) -> float:
        return self.jobs / max(self.seconds, 0.001)

    @property
    def published_per_second(self) -> float:
        return self.jobs / max(self.publishing, 0.001)

    @property
    def cpu_per_1000(self) -> float:
        return self.cpu * 1000 / self.jobs

    def as_json(self) -> dict[str, float]:
        more = {
            "per_second": self.per_second,
            "published_per_second": self.published_per_second,
            "cpu_s_per_1000": self.cpu_per_1000,
        }
        return {**asdict(self), **more}


@dataclass
class Result:
    """`ours` beside `bare`; `traffic`: statements from the opening of the gate to the last end; `messages`: of our
    jobs, published until then, None where the broker does not tell."""

    run: str
    options: Volume
    machine: Machine
    logs: Path
    ours: Drained
    facts: Facts
    traffic: Traffic | None
    messages: int | None
    bare: Drained
    problems: list[str] = field(default_factory=list)
    last_words: str = ""

    @property
    def flaws(self) -> list[str]:
        return self.facts.flaws(self.options.jobs)

    @property
    def passed(self) -> bool:
        return not self.flaws

    @property
    def ratio(self) -> float:
        """Return our rate divided by that of bare Celery."""
        return self.ours.per_second / self.bare.per_second

    @property
    def statements_per_job(self) -> float | None:
        return None if self.traffic is None else self.traffic.statements / self.options.jobs

    @property
    def messages_per_job(self) -> float | None:
        return None if self.messages is None else self.messages / self.options.jobs

    def as_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "passed": self.passed,
            "flaws": self.flaws,
            "problems": self.problems,
            "options": {**asdict(self.options), "json": str(self.options.json), "bare_slots": BARE_SLOTS},
            "jobs": self.ours.as_json(),
            "bare": self.bare.as_json(),
            "ratio": self.ratio,
            "facts": asdict(self.facts),
            "transactions_per_job": self.facts.transactions_per_job,
            "statements_per_job": self.statements_per_job,
            "messages_per_job": self.messages_per_job,
            "machine": asdict(self.machine),
            "logs": str(self.logs),
        }
