"""Snapshot for all who watch: taken at most once a second for each reach in each web process, however many ask."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

from django.core.cache import cache
from django.template.loader import render_to_string

from jobs.clock import clock
from jobs.models.querysets.overviews import COUNT_LIMIT, FIGURES_LIMIT
from jobs.models.querysets.seeing_alike import name_of
from jobs.models.querysets.within import is_narrow
from jobs.monitor import broker, snapshot, verdict
from jobs.monitor.overview.tiles import of_queues, tiles
from jobs.monitor.overview.trends import latest
from jobs.monitor.problem import LATE
from jobs.rights import Reach

KEPT_FOR = 1  # seconds
KEY = "runat-monitor-picture"

_taking = threading.Lock()


@dataclass(frozen=True)
class CachedPage:
    """The monitor's changing part, rendered. `etag` names the facts in it, not the moment it was taken."""

    etag: str
    html: str


def cached_page(reach: Reach) -> CachedPage:
    """The latest picture of what is within this reach, at most KEPT_FOR seconds old. Raises DatabaseError."""
    key = _key(reach)
    kept: CachedPage | None = cache.get(key)
    if kept is not None:
        return kept
    with _taking:  # fifty viewers whose picture has just expired ask the database once
        kept = cache.get(key)
        if kept is None:
            kept = _take(reach)
            cache.set(key, kept, KEPT_FOR)
        return kept


def forget(reach: Reach) -> None:
    """Have this viewer, and who sees the same by this process, see what has just been changed."""
    cache.delete(_key(reach))


def _key(reach: Reach) -> str:
    return f"{KEY}{name_of(reach)}"


def _take(reach: Reach) -> CachedPage:
    now = clock.current()
    seen = snapshot.take(now, broker.client.depths, reach)
    trends = latest(now, reach)
    html = render_to_string(
        "monitor/live.html",
        {
            "now": now,
            "seen": seen,
            "tiles": tiles(trends, alerts=seen.alerts),
            "of_queues": of_queues(trends),
            "is_narrow": is_narrow(reach),
            "verdict": verdict.judge(seen),
            "count_limit": COUNT_LIMIT,
            "since": f"{now - snapshot.FIGURES_OF:%Y-%m-%dT%H:%M:%SZ}",  # of those links that tell the hour
            "late": LATE,
            "period": f"last {FIGURES_LIMIT:,}" if seen.figures.cut else "1 h",
        },
    )
    etag = hashlib.blake2b(repr((seen, trends)).encode(), digest_size=12).hexdigest()
    return CachedPage(etag=f'"{etag}"', html=html)
