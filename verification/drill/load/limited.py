"""The limit of the drill's queue: seldom reached, and asked at every start."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection

from jobs.clock import clock
from jobs.models import Kind
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name

log = logging.getLogger(__name__)

CONCURRENCY = 20  # as many as there are in a burst; the five workers have 25 slots


@contextmanager
def limited(queue: str) -> Iterator[None]:
    """Limit the queue to CONCURRENCY jobs at a time, until the drill is over."""
    name = Name(Kind.QUEUE, queue)
    pausing.limit(name, now=clock.now(), concurrency=CONCURRENCY, rate=None, burst=1)
    try:
        yield
    finally:
        try:
            pausing.lift(name, now=clock.now())
        except (DatabaseError, InterfaceError) as error:  # a round was cut short while it was away
            connection.close()
            log.warning("the limit of the %s could not be lifted: %s", name, error)
