"""The soak: a third of the jobs with nobody in the way, a third while an old snapshot is held, a third after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
from django.db import connection

from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.models import Job
from jobs.models.querysets import OVERDUE_AFTER
from jobs.scheduler.rescue import rescue
from launcher.interrupts import Interrupts
from verification.benchmark import machine, preconditions
from verification.benchmark.machine import Machine
from verification.benchmark.processes.start import Tell
from verification.benchmark.soak import storage
from verification.benchmark.soak.options import Asked
from verification.benchmark.soak.storage import Storage
from verification.benchmark.years.fill import Years
from verification.benchmark.years.timing import Timing
from verification.benchmark.years.work import BATCH, SECOND, Way

PHASES = ("before", "held", "after")
TENTHS = 10
BESIDE_EVERY = 20  # batches


@dataclass
class Phase:
    """A third of the jobs: seconds, times of its first and its last tenth, and what it has left behind. `vacuumed`:
    that before a vacuum, where one was told to run at its end."""

    name: str
    seconds: float
    first: Timing
    last: Timing
    left: Storage
    vacuumed: Storage | None = None


@dataclass
class Result:
    """Phases of a soak. Milliseconds, of batches of jobs. `last_words`: the logs' ends, when something raised."""

    options: Asked
    machine: Machine
    phases: list[Phase] = field(default_factory=list)
    stolen: float = 0.0
    last_words: str = ""

    @property
    def passed(self) -> bool:
        return True

    @property
    def questions(self) -> list[str]:
        return list(self.phases[0].first.took)

    def as_json(self) -> dict[str, Any]:
        return {
            "options": {**asdict(self.options), "json": str(self.options.json)},
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "phases": [
                {
                    "name": phase.name,
                    "seconds": phase.seconds,
                    "left": asdict(phase.left),
                    "vacuumed": asdict(phase.vacuumed) if phase.vacuumed else None,
                    **{
                        which: {name: took.median for name, took in timing.took.items()}
                        for which, timing in (("first", phase.first), ("last", phase.last))
                    },
                }
                for phase in self.phases
            ],
        }


class Soak:
    """Benchmark of what stays behind."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options = options
        interrupts.raising = True
        self._way = Way(run)

    @property
    def headline(self) -> str:
        return f"Soak: {self.options.jobs:,} jobs in batches of {BATCH}, a third of them while an old snapshot is held"

    def carry_out(self, tell: Tell) -> Result:
        """Leaves nothing. Raises RoundFailed, and NotAlone."""
        result = Result(self.options, machine.describe())
        clock.measure()
        preconditions.require_alone(clock.now())
        years = Years(clock.now())
        years.require_empty()
        stolen = machine.stolen()
        try:
            self._way.begin()
            for name in PHASES:
                with _snapshot() if name == "held" else _nobody():
                    result.phases.append(self._phase(name, tell))
                if name == "held":
                    with connection.cursor() as cursor:
                        cursor.execute(f"VACUUM {', '.join(storage.TABLES)}")
                    result.phases[-1].vacuumed = storage.look()
        finally:
            self._way.end()
            years.remove()
        result.stolen = machine.stolen() - stolen
        return result

    def _phase(self, name: str, tell: Tell) -> Phase:
        batches = max(self.options.jobs // BATCH // len(PHASES), TENTHS)
        parts = [Timing() for _ in range(TENTHS)]
        began = steady()
        for number in range(batches):
            timing = parts[number * TENTHS // batches]
            self._way.batch(timing)
            if number % max(min(BESIDE_EVERY, batches // TENTHS // 3), 1) == 0:
                _beside(timing)
                tell(name, number, batches)
        return Phase(name, steady() - began, parts[0], parts[-1], storage.look())


def _beside(timing: Timing) -> None:
    now = clock.current()
    with timing.of("look for vanished workers"):
        rescue(now=now, patience=conf().patience, watching_since=now - 3600 * SECOND)
    with timing.of("backlog of the monitor"):
        Job.objects.backlog(now - OVERDUE_AFTER)
    with timing.of("figures of the monitor"):
        Job.objects.latest_figures(now - 3600 * SECOND)


@contextmanager
def _snapshot() -> Iterator[None]:
    """Hold a snapshot in a session of its own, as a forgotten transaction or a long report does."""
    settings = connection.get_connection_params()
    with psycopg.connect(
        **{name: settings[name] for name in ("host", "port", "user", "password", "dbname") if name in settings}
    ) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM jobs_installation")
        yield
        other.rollback()


@contextmanager
def _nobody() -> Iterator[None]:
    yield
