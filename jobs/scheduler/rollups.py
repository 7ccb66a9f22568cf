"""Keeps the figures of the past: adds what has ended to its stretches of time, and removes old ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.clock import steady
from jobs.conf import conf
from jobs.models.querysets import OVERDUE_AFTER
from jobs.models.rollups import STEPS
from jobs.models.rollups.adding import add
from jobs.models.rollups.removing import remove

AFTER = 0.5  # seconds after a stretch has begun
OLD_AT_A_TIME = 2_000  # rows of a table and a step, in one statement
OLD_EVERY = 3600.0  # seconds
SECONDS = 0.5  # of removing in one call


def add_figures(*, now: datetime) -> float:
    """Add what has started and ended, and one sample of the queues; return the seconds until the next time, which is in
    the next stretch of 10 s. One statement."""
    alive_since = now - timedelta(seconds=2 * conf().heartbeat_interval)
    add(now=now, overdue_before=now - OVERDUE_AFTER, alive_since=alive_since)
    step = STEPS[0]
    return step - now.timestamp() % step + AFTER


def remove_old_figures(*, now: datetime, seconds: float = SECONDS) -> float:
    """Remove stretches whose days are over; return the seconds until the next look. Three statements where there are
    none."""
    until = steady() + seconds
    while remove(now=now, limit=OLD_AT_A_TIME) >= OLD_AT_A_TIME:
        if steady() >= until:
            return 0.0
    return OLD_EVERY
