"""Does once in each thread of a worker what its first job would else have to wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Event

from jobs import blackouts
from jobs.clock import clock, steady
from jobs.events import emit
from jobs.events.worker.process import NotReadyYet

WITHIN = 10.0  # seconds for the connections to the database


def warm(rehearse: Callable[[], object]) -> None:
    """Open this thread's database connection and do there once what it is for."""
    try:
        rehearse()
    except Exception as error:  # noqa: BLE001 - without a database the worker starts and waits
        emit(NotReadyYet(error))


def measure() -> None:
    """Measure the clock, and load what calendars need."""
    clock.measure()
    blackouts.prepare(clock.now())


def wait(threads: Iterable[Event]) -> None:
    """Wait until all of these are warm, `WITHIN` seconds in all at most: then the worker starts all the same."""
    until = steady() + WITHIN
    for warmed in threads:
        warmed.wait(max(until - steady(), 0.0))
