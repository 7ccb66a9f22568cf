"""Figures of one drain of one system, and how several of one system are summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

COUNTED = ("wal", "writes", "statements", "messages")  # what is the same on any machine, or nearly


@dataclass(frozen=True)
class Drained:
    """A backlog of `jobs`, gone in `seconds` from the first entry of a body to the last recorded end.

    `listed`: seconds from the list query to that end, None without one; `cpu`: seconds by kind of process meanwhile;
    `wal`: bytes; `writes`: transactions that wrote; `statements`: to the database; `messages`: published; None
    where there are none or nobody tells; `flaws`: what was lost or done twice, a
    sentence each.
    """

    jobs: int
    seconds: float
    cpu: dict[str, float]
    listed: float | None = None
    wal: int | None = None
    writes: int | None = None
    statements: int | None = None
    messages: int | None = None
    flaws: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.jobs / max(self.seconds, 0.001)

    @property
    def per_second_listed(self) -> float | None:
        """Jobs a second from the list query on."""
        return None if self.listed is None else self.jobs / max(self.listed, 0.001)

    @property
    def cpu_us(self) -> dict[str, float]:
        """CPU microseconds a job, by kind of process."""
        return {kind: seconds * 1e6 / self.jobs for kind, seconds in self.cpu.items()}

    def per_job(self, amount: int | None) -> float | None:
        return None if amount is None else amount / self.jobs

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "per_second": self.per_second,
            "per_second_from_list_query": self.per_second_listed,
            "cpu_us_per_job": self.cpu_us,
            "wal_bytes_per_job": self.per_job(self.wal),
            **{f"{name}_per_job": self.per_job(getattr(self, name)) for name in COUNTED[1:]},
        }


@dataclass(frozen=True)
class Medians:
    """Medians of several drains of one system, each figure by itself. `low` and `high`: jobs a second of the slowest
    and the fastest."""

    per_second: float
    low: float
    high: float
    per_second_listed: float | None
    cpu_us: dict[str, float]
    wal: float | None
    writes: float | None
    statements: float | None
    messages: float | None

    @property
    def all_cpu_us(self) -> float:
        """CPU microseconds a job of all processes together that could be read."""
        return sum(self.cpu_us.values())


def medians(drains: Sequence[Drained]) -> Medians:
    """Sum up one drain or more."""
    rates = [drained.per_second for drained in drains]
    kinds = [kind for kind in drains[0].cpu if all(kind in drained.cpu for drained in drains)]
    return Medians(
        per_second=median(rates),
        low=min(rates),
        high=max(rates),
        per_second_listed=_median([drained.per_second_listed for drained in drains]),
        cpu_us={kind: median(drained.cpu_us[kind] for drained in drains) for kind in kinds},
        wal=_median([drained.per_job(drained.wal) for drained in drains]),
        **{name: _median([drained.per_job(getattr(drained, name)) for drained in drains]) for name in COUNTED[1:]},
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
