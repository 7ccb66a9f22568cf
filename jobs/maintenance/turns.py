"""Finds turns that have come unnoticed, and waits for other jobs that are over: somebody has changed rows by SQL, or a
queue's rules have changed, or more waited than one transaction lets go."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from jobs.models import Job
from jobs.states import Hold
from jobs.transitions import lanes
from jobs.transitions.dependencies import ending

log = logging.getLogger(__name__)

LANES_AT_A_TIME = 500


def turns(*, now: datetime) -> int:
    """Give free places to those that wait for them; return how many. One statement where nobody waits."""
    waiting: set[lanes.Name] = set()
    for queue, key, holds in Job.objects.held_in_lanes(LANES_AT_A_TIME):
        waiting.update(name for name in lanes.of(queue=queue, key=key) if lanes.HOLDS[name.kind] & Hold(holds))
    released = 0
    for name in sorted(waiting):
        with transaction.atomic():
            released += lanes.release([name], now=now)
    if released:
        log.warning("%d jobs had waited for a turn that had come", released)
    return released


def waits(*, now: datetime) -> int:
    """Let go of those that have waited enough for other jobs, and skip those that wait in vain; return how many: there
    may be more. One statement where there are none."""
    found = Job.objects.waited_enough(ending.AT_ONCE)
    if not found:
        return 0
    with transaction.atomic():
        settled = ending.settle(found, now=now)
    if settled:
        log.warning("%d jobs had waited for others that had ended", settled)
    return settled
