"""Snapshot for all who watch: taken at most once a second in each web process, however many ask."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

from django.core.cache import cache
from django.template.loader import render_to_string

from jobs.clock import clock
from jobs.models.querysets.overviews import COUNT_LIMIT, FIGURES_LIMIT
from jobs.monitor import broker, snapshot, verdict

KEPT_FOR = 1  # seconds
KEY = "runat-monitor-picture"

_taking = threading.Lock()


@dataclass(frozen=True)
class CachedPage:
    """The monitor's changing part, rendered. `etag` names the facts in it, not the moment it was taken."""

    etag: str
    html: str


def cached_page() -> CachedPage:
    """The latest picture, at most KEPT_FOR seconds old. Raises DatabaseError."""
    kept: CachedPage | None = cache.get(KEY)
    if kept is not None:
        return kept
    with _taking:  # fifty viewers whose picture has just expired ask the database once
        kept = cache.get(KEY)
        if kept is None:
            kept = _take()
            cache.set(KEY, kept, KEPT_FOR)
        return kept


def _take() -> CachedPage:
    now = clock.current()
    seen = snapshot.take(now, broker.client.depths)
    html = render_to_string(
        "monitor/live.html",
        {
            "now": now,
            "seen": seen,
            "verdict": verdict.judge(seen),
            "count_limit": COUNT_LIMIT,
            "period": f"last {FIGURES_LIMIT:,}" if seen.figures.cut else "1 h",
        },
    )
    etag = hashlib.blake2b(repr(seen).encode(), digest_size=12).hexdigest()
    return CachedPage(etag=f'"{etag}"', html=html)
