"""Idle slots: how long one was free while a job was due and waited, from the ledger's times alone. Pure."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Body:
    """Start of a job: on which worker, and when it was due, entered and left, in ms since any moment."""

    worker: str
    due: float
    entered: float
    left: float


@dataclass(frozen=True)
class Idle:
    """`total`: slot-ms in which a slot was free and a job waited, one for one; `share`: of the time of all slots
    while any job waited; `longest`: of one slot in one piece, in ms; `waited`: ms for which any job waited."""

    total: float
    share: float
    longest: float
    waited: float


def idle(bodies: Sequence[Body], *, workers: int, slots: int) -> Idle:
    """Return the idle time of slots while jobs of one instant waited; workers that ran nothing are included."""
    total, waited = _total(bodies, workers * slots)
    return Idle(
        total=total,
        share=total / (waited * workers * slots) if waited else 0.0,
        longest=_longest(bodies, workers, slots),
        waited=waited,
    )


def _total(bodies: Sequence[Body], all_slots: int) -> tuple[float, float]:
    """min(free slots, waiting jobs) over time, and for how long any job waited."""
    changes: list[tuple[float, int, int]] = []  # when, more running, more waiting
    for body in bodies:
        changes += [(body.due, 0, 1), (body.entered, 1, -1), (body.left, -1, 0)]
    total = waited = before = 0.0
    running = waiting = 0
    for at, more_running, more_waiting in sorted(changes):
        total += max(min(all_slots - running, waiting), 0) * (at - before)
        waited += (at - before) if waiting else 0.0
        running, waiting, before = running + more_running, waiting + more_waiting, at
    return total, waited


def _longest(bodies: Sequence[Body], workers: int, slots: int) -> float:
    """Return for how many ms a slot was free at most; each body is taken to have the one free for longest."""
    if not bodies:
        return 0.0
    begin, end = min(body.due for body in bodies), max(body.entered for body in bodies)
    of_worker: dict[str, list[Body]] = defaultdict(list)
    for body in sorted(bodies, key=lambda body: body.entered):
        of_worker[body.worker].append(body)
    longest = end - begin if len(of_worker) < workers else 0.0
    for some in of_worker.values():
        free_since = [begin] * slots
        for body in some:
            longest = max(longest, body.entered - heapq.heappop(free_since))
            heapq.heappush(free_since, body.left)
        longest = max(longest, end - free_since[0])
    return longest
