"""Facts of all workers: two statements, asked at most every KEPT_FOR seconds for all who see the same."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.kept import kept
from jobs.models.limit import Kind
from jobs.monitor import live_parts
from jobs.monitor.workers import WorkerLine, worker_lines
from jobs.rights import Reach

KEPT_FOR = 2  # seconds
GONE_SHOWN_FOR = timedelta(hours=1)


def latest(now: datetime, reach: Reach) -> tuple[WorkerLine, ...]:
    """Return all workers without the queues that are only other teams', at most KEPT_FOR seconds old; what is wrong
    first. Raises DatabaseError."""
    return kept(f"runat-workers{live_parts.seen_by(reach)}", KEPT_FOR, lambda: take(now, reach))


def take(now: datetime, reach: Reach) -> tuple[WorkerLine, ...]:
    """Ask the database."""
    hidden = reach.names_of_others(Kind.QUEUE)
    lines = [line.without(hidden) for line in worker_lines(now, departed_for=GONE_SHOWN_FOR)]
    return tuple(sorted(lines, key=_trouble))


def _trouble(line: WorkerLine) -> tuple[int, str]:
    """Return how bad it is, the worst first: it is there and silent or refuses, it vanished, it lives, it ended."""
    there = {"silent": 0, "full": 0, "drained": 1, "gone": 2, "alive": 3, "stopped": 4}
    return there[line.look], line.name
