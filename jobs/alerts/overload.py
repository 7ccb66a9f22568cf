"""Finds which queues need more slots within the next hour than there are, by what is planned: pure, but for `look`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.metrics import need
from jobs.models import Job
from jobs.models.querysets import OVERDUE_AFTER
from jobs.models.querysets.measuring import Ahead, Duration

UNKNOWN = 1.0  # seconds: how long the first job of all is taken to run
IN_WORDS = {"1m": "minute", "5m": "5 minutes", "15m": "15 minutes", "60m": "hour"}


class Needs(NamedTuple):
    """Slots that the busiest ten seconds of each window need, by queue and window (jobs/metrics/need.py)."""

    slots: Mapping[tuple[str, str], float]


class Overload(NamedTuple):
    """Queue that needs more slots than take from it, and the shortest window in which it does."""

    queue: str
    window: str


def look(now: datetime) -> Needs:
    """Ask what is planned, and how long bodies take. Two statements, both bounded: to be asked each minute at most."""
    until = now + timedelta(seconds=need.LONGEST)
    ahead = Job.objects.ahead(now, until=until, overdue_before=now - OVERDUE_AFTER, cell=need.CELL)
    return reckon(ahead, Job.objects.durations())


def reckon(ahead: Iterable[Ahead], durations: Iterable[Duration]) -> Needs:
    """Return the slots that this needs, where a body takes as long as 95 % of its target take at most."""
    known = {one.target: one.p95 for one in durations}
    otherwise = sum(known.values()) / len(known) if known else UNKNOWN
    planned = [need.Planned(one.queue, one.target, one.cell, one.starts) for one in ahead]
    return Needs(need.slots_needed(planned, need.known_or(known, otherwise)))


def overloads(needs: Needs, slots: Mapping[str, int]) -> list[Overload]:
    """Return the queues that need more than there is, by name. Not those that no worker takes from now: where one comes
    when it is needed nothing is wrong, and where none comes the first job that is due says it."""
    found = []
    for queue in sorted({queue for queue, _ in needs.slots}):
        windows = (window for window in need.WINDOWS if needs.slots[queue, window] > slots.get(queue, 0))
        window = next(windows, None)
        if window is not None and slots.get(queue, 0) > 0:
            found.append(Overload(queue, window))
    return found
