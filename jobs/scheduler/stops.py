"""Lets jobs go on when a stop of everything ends at its planned time, or as fast as was asked for."""

from __future__ import annotations

from datetime import datetime

from jobs.conf import conf
from jobs.models import Stop
from jobs.transitions.stops import let_go

EVERY = 1.0  # seconds, while jobs are being let go


def stops(*, now: datetime) -> float:
    """Let go what has waited for the end of a stop; return the seconds until the next look: at the next end, or a
    window later, since anybody may plan another. One statement where there is none."""
    wait = conf().min_prepare_time
    for stop in list(Stop.objects.not_over()):
        if stop.until is None:
            continue
        left = (stop.until - now).total_seconds()
        if left > 0:
            wait = min(wait, left)
            continue
        wait = min(wait, 0.0 if let_go(stop.pk, now=now) else EVERY)
    return wait
