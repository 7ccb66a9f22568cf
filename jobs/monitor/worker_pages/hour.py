"""The last hour of workers as charts, of what their heartbeats say (jobs/worker/process/minutes.py)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from jobs.models.rollups.series import Asked
from jobs.monitor.overview.tiles import UNKNOWN, Tile, number, percent
from jobs.monitor.overview.trends import Values, last_hour
from jobs.monitor.workers import WorkerLine
from jobs.web.addresses import here
from jobs.web.sparkline import Spark, of_times

MINUTE = timedelta(minutes=1)


def values(lines: Iterable[WorkerLine], asked: Asked, what: str) -> Values:
    """Return what the lives of one worker say of each minute of the span, added up; None: nothing."""
    found: dict[datetime, int] = {}
    for line in lines:
        if line.minutes is not None:
            known = getattr(line.minutes, what)
            for back, value in enumerate(reversed(known), start=1):
                if value is not None:
                    at = line.minutes.until - back * MINUTE
                    found[at] = found.get(at, 0) + value
    stretches = round((asked.until - asked.since) / MINUTE)
    return tuple(found.get(asked.since + n * MINUTE) for n in range(stretches))


def _latest(known: Values) -> float | None:
    """Return the value of the last minute, or of the one before it, while the heartbeat has yet to tell."""
    return known[-1] if known[-1] is not None else known[-2]


def use_of(line: WorkerLine, now: datetime) -> Spark | None:
    """Return the chart of the use of its slots; None where nothing is known of it."""
    asked = last_hour(now)
    known = values([line], asked, "use")
    if all(value is None for value in known):
        return None
    return of_times(known, f"Use of the slots of {line.name}", asked.since, MINUTE, percent, mark=100.0)


def tiles_of(lines: tuple[WorkerLine, ...], now: datetime) -> list[Tile]:
    """Return the figures of a worker of its last hour: starts, and use of its slots. `lines`: its lives, the one that
    counts first."""
    asked, first = last_hour(now), lines[0]
    starts, use = values(lines, asked, "starts"), values(lines, asked, "use")
    jobs = here(f"/jobs/?{urlencode({'worker': first.name})}")
    known = [value for value in starts if value is not None]
    last, used_last = _latest(starts), _latest(use)
    started = Tile(
        "started",
        "Started a second",
        UNKNOWN if last is None else number(last / 60),
        f"{sum(known):,.0f} in 1 h" if known else "",
        jobs,
        of_times(starts, "Starts a minute", asked.since, MINUTE, number),
    )
    used = Tile(
        "use",
        "Use of slots",
        UNKNOWN if used_last is None else percent(used_last),
        f"{first.busy} of {first.slots} taken now",
        f"{jobs}&state=running",
        of_times(use, "Use of the slots", asked.since, MINUTE, percent, mark=100.0),
    )
    return [started, used]
