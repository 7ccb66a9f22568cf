"""Snapshot for all who watch: taken at most once a second for each reach in each web process, however many ask, and
beside them where that takes long."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.clock import clock
from jobs.kept import kept, renewed
from jobs.models.querysets.overviews import COUNT_LIMIT, FIGURES_LIMIT
from jobs.models.querysets.seeing_alike import name_of
from jobs.models.querysets.within import is_narrow
from jobs.monitor import broker, snapshot, verdict
from jobs.monitor.overview import trends as figures
from jobs.monitor.overview.tiles import of_queues, tiles
from jobs.monitor.overview.trends import Trends, latest
from jobs.monitor.problem import LATE
from jobs.monitor.snapshot import Snapshot
from jobs.rights import Reach
from jobs.web.appearance import shown
from jobs.web.sparkline import drawn

KEPT_FOR = 1  # seconds
SHOWN_FOR = 10  # seconds: nobody sees what is older, however long a newer one takes
PATIENCE = 0.05  # seconds for which who asks waits for a newer one
KEY = "runat-monitor-picture"


@dataclass(frozen=True)
class CachedPage:
    """The monitor's changing part, rendered. `etag` names the facts in it and the clocks that it goes by, not the
    moment it was taken."""

    etag: str
    html: str


@dataclass(frozen=True)
class _Facts:
    """Facts that one look has found, which are shown to each by his own clocks."""

    now: datetime
    seen: Snapshot
    trends: Trends


def cached_page(reach: Reach) -> CachedPage:
    """Return the latest picture of what is within this reach, by the clocks of whoever asks: at most KEPT_FOR seconds
    old, or SHOWN_FOR while a newer one is being taken. Raises DatabaseError."""
    longest = max(SHOWN_FOR, KEPT_FOR)
    facts = renewed(_key(reach), lambda: _take(reach), fresh=KEPT_FOR, shown=longest, wait=PATIENCE)
    # Clocks are a part of the name: nobody sees those of another person.
    name = f"{_key(reach)}-{shown.zone().key}-{facts.now.timestamp()}"
    return kept(name, longest, lambda: _rendered(facts, reach))


def forget(reach: Reach) -> None:
    """Have this viewer, and who sees the same by this process, see what has just been changed."""
    cache.delete(_key(reach))


def _key(reach: Reach) -> str:
    return f"{KEY}{name_of(reach)}"


def _take(reach: Reach) -> _Facts:
    now = clock.current()
    return _Facts(now, snapshot.take(now, broker.client.depths, reach), latest(now, reach))


def _rendered(facts: _Facts, reach: Reach) -> CachedPage:
    now, seen, trends = facts.now, facts.seen, facts.trends
    figures_shown, charts = tiles(trends, alerts=seen.alerts), _charts(trends, reach)
    html = render_to_string(
        "jobs/monitor/live.html",
        {
            "now": now,
            "seen": seen,
            "tiles": figures_shown,
            "charts_of": charts,
            "is_narrow": is_narrow(reach),
            "verdict": verdict.judge(seen),
            "count_limit": COUNT_LIMIT,
            "since": f"{now - snapshot.FIGURES_OF:%Y-%m-%dT%H:%M:%SZ}",  # of those links that tell the hour
            "late": LATE,
            "period": f"last {FIGURES_LIMIT:,}" if seen.figures.cut else "1 h",
        },
    )
    etag = hashlib.blake2b(repr((seen, figures_shown, charts, shown.zone().key)).encode(), digest_size=12).hexdigest()
    return CachedPage(etag=f'"{etag}"', html=html)


def _charts(trends: Trends, reach: Reach) -> dict[str, SafeString]:
    """Return the charts of each queue, drawn once for as long as their figures are kept."""
    name = f"{KEY}-charts-{trends.asked.since.timestamp():.0f}-{shown.zone().key}{name_of(reach)}"
    return kept(name, figures.KEPT_FOR, lambda: _drawn(trends))


def _drawn(trends: Trends) -> dict[str, SafeString]:
    return {
        name: format_html('<span class="pair">{}{}</span>', drawn(one.waiting), drawn(one.use))
        for name, one in of_queues(trends).items()
    }
