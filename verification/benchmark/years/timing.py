"""Time of a question: how long it took, and the processor's time of this process and of the server's beside it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from jobs.clock import steady

WARM_UP = 2  # times that are not counted, but for the first of all


@dataclass
class Took:
    """Milliseconds of each time that a question was asked, and of the processors for it; 0 of the server's where it
    runs on another machine."""

    all: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def first(self) -> float:
        return self.all[0]

    @property
    def median(self) -> float:
        return statistics.median(_warm(self.all))

    @property
    def median_cpu(self) -> float:
        return statistics.median(_warm(self.cpu))


def _warm(times: list[float]) -> list[float]:
    return times[WARM_UP:] or times


class Timing:
    """Times of questions, by name. On a machine that others use, those of the processors say more."""

    def __init__(self) -> None:
        self.took: dict[str, Took] = {}
        connection.ensure_connection()
        self._server = Path(f"/proc/{connection.connection.info.backend_pid}")
        if not self._is_here():
            self._server = Path("/proc/nowhere")

    @contextmanager
    def of(self, question: str) -> Iterator[None]:
        """Note how long what is done inside takes."""
        began, used = steady(), self._used()
        yield
        took = self.took.setdefault(question, Took())
        took.all.append((steady() - began) * 1000)
        took.cpu.append(self._used() - used)

    def _is_here(self) -> bool:
        try:
            return (self._server / "comm").read_text().startswith("postgres")
        except OSError:
            return False

    def _used(self) -> float:
        """Return the milliseconds of the processors so far."""
        try:
            server = int((self._server / "schedstat").read_text().split()[0]) / 1e6
        except OSError:
            server = 0.0
        return time.process_time() * 1000 + server
