"""The limit of the drill's queue: seldom reached, and asked at every start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jobs.clock import clock
from jobs.drill.load.creating import insist
from jobs.models import Kind
from jobs.transitions import lanes, pausing

CONCURRENCY = 20  # as many as there are in a burst; the five workers have 25 slots


@contextmanager
def limited(queue: str) -> Iterator[None]:
    """So many jobs of it at a time, until the drill is over."""
    name = lanes.Name(Kind.QUEUE, queue)
    insist(lambda: pausing.limit(name, now=clock.now(), concurrency=CONCURRENCY, rate=None, burst=1))
    try:
        yield
    finally:
        insist(lambda: pausing.lift(name, now=clock.now()))
