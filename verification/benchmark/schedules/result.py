"""Result of the benchmark of schedules, also as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from verification.benchmark.cost import Cost
from verification.benchmark.facts import Facts
from verification.benchmark.machine import Machine
from verification.benchmark.schedules.beats import Beat
from verification.benchmark.schedules.beside import Beside
from verification.benchmark.schedules.options import Asked
from verification.benchmark.score import Spread

SPARE_LISTS = 1  # list queries beyond one a window: a change of leader lists at once
GOAL_DELAY, GOAL_BEAT = 1.2, 1.1


@dataclass(frozen=True)
class Kind:
    """Jobs of one kind that were due in the load: of schedules, or plain. `delay`: from `run_at` to the entry of the
    body, ms."""

    created: int
    facts: Facts
    delay: Spread | None
    early: int


@dataclass(frozen=True)
class Loaded:
    """Figures of the load. `missed`: nominal times written down as not started; `due`: those that lay in the load, by
    addition; `successors`: schedules whose next run is a pending job at the end; `cpu`: seconds a minute of the beat;
    `filled`: seconds in which the schedules were created."""

    runs: Kind
    plain: Kind
    due: int
    missed: int
    successors: int
    cost: Cost
    cpu: float
    filled: float


@dataclass
class Result:
    """`beat`: with the schedules of the load; `bare`: without any."""

    run: str
    options: Asked
    machine: Machine
    logs: Path
    load: Loaded
    beat: Beat
    bare: Beat
    beside: Beside | None
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    last_words: str = ""
    stolen: float = 0.0

    @property
    def flaws(self) -> list[str]:
        """Return what was lost, doubled, early, or listed too often, a sentence each. Never what was slow."""
        found = [f"Runs of schedules: {flaw}" for flaw in self.load.runs.facts.flaws(self.load.due)]
        found += [f"Plain jobs: {flaw}" for flaw in self.load.plain.facts.flaws(self.options.plain)]
        if early := self.load.runs.early + self.load.plain.early:
            found.append(f"{early} jobs were started before their time.")
        if self.load.missed:
            found.append(f"{self.load.missed} nominal times are written down as missed.")
        if self.load.successors != self.options.total:
            found.append(
                f"{self.load.successors} of {self.options.total} schedules have their next run as a pending job."
            )
        lists, allowed = self.load.cost, self.load.cost.windows + SPARE_LISTS
        if lists.list_queries > allowed:
            found.append(f"{lists.list_queries} list queries in {lists.windows} windows; {allowed} are allowed.")
        return found

    @property
    def passed(self) -> bool:
        return not self.flaws

    @property
    def ratios(self) -> dict[str, float | None]:
        """Return what the goals are about, and django-celery-beat's figures over ours; None: not measured."""
        ours, plain, peer = _of(self.load.runs.delay), _of(self.load.plain.delay), self.beside
        theirs = _of(None if peer is None else peer.delay)
        beat = (None, None, None) if peer is None else (peer.seconds, peer.memory, peer.cpu)
        return {
            "mean + stdev, schedules to plain": _ratio(ours[0], plain[0]),
            "p99, schedules to plain": _ratio(ours[1], plain[1]),
            "start-up of a beat, with to without": _ratio(self.beat.seconds, self.bare.seconds),
            "memory of a beat, with to without": _ratio(self.beat.memory, self.bare.memory),
            "start-up, django-celery-beat to ours": _ratio(beat[0], self.beat.seconds),
            "memory, django-celery-beat to ours": _ratio(beat[1], self.beat.memory),
            "CPU, django-celery-beat to ours": _ratio(beat[2], self.load.cpu),
            "mean + stdev of the lateness, django-celery-beat to ours": _ratio(theirs[0], ours[0]),
            "p99 lateness, django-celery-beat to ours": _ratio(theirs[1], ours[1]),
        }

    def as_json(self) -> dict[str, Any]:
        """Milliseconds, seconds and MB as the dataclasses say."""
        return {
            "run": self.run,
            "passed": self.passed,
            "flaws": self.flaws,
            "warnings": self.warnings,
            "problems": self.problems,
            "options": {**asdict(self.options), "json": str(self.options.json) if self.options.json else None},
            "schedules": asdict(self.load.runs),
            "plain": asdict(self.load.plain),
            "due": self.load.due,
            "missed": self.load.missed,
            "successors": self.load.successors,
            "cost": asdict(self.load.cost),
            "beat_cpu_s_per_minute": self.load.cpu,
            "filled_s": self.load.filled,
            "beat": asdict(self.beat),
            "beat_without": asdict(self.bare),
            "django_celery_beat": None if self.beside is None else asdict(self.beside),
            "ratios": self.ratios,
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "logs": str(self.logs),
        }


def _of(delay: Spread | None) -> tuple[float | None, float | None]:
    """Return mean + stdev and p99."""
    return (None, None) if delay is None else (delay.efficiency, delay.p99)


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None
