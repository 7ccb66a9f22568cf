"""`/workers/?at=` and `/workers/<name>/?at=`: who was there at a moment, by the rows of workers, and what ran on one of
them, by the ledger. How machines were, and who was drained, is not kept there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobs.conf import conf
from jobs.kept import kept
from jobs.models import Attempt, Job, Worker
from jobs.models.limit import Kind
from jobs.models.querysets.seeing_alike import name_of
from jobs.monitor.overview import moments
from jobs.monitor.overview.past_page import asked_moment, of_moment
from jobs.monitor.worker_pages.hour import MINUTE
from jobs.monitor.workers import Minutes, minutes_of
from jobs.rights import Reach

MOST = 500  # lives of workers
LOOK_BACK = timedelta(hours=1)  # jobs that were due earlier, and ran then, are not found
LOOKED_AT = 10_000  # of these
MOST_RUNNING = 100
KEPT_FOR = 10  # seconds


@dataclass(frozen=True)
class Life:
    """A life of a worker at a moment. `starts`, `use`: of the minute of it; None: not kept."""

    name: str
    pool: str
    slots: int
    queues: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    started_at: datetime
    until: datetime | None  # None: it is still there
    starts: int | None
    use: int | None


def of_all(request: HttpRequest, now: datetime, reach: Reach) -> HttpResponse:
    """Show who was there."""
    found = asked_moment(request, now)
    return found if isinstance(found, HttpResponse) else _shown(request, found, now, reach)


def of_one(request: HttpRequest, name: str, now: datetime, reach: Reach) -> HttpResponse:
    """Show whether the worker of this name was there, and what ran on it, as far as this reach sees it."""
    found = asked_moment(request, now)
    return found if isinstance(found, HttpResponse) else _shown(request, found, now, reach, name)


def _shown(
    request: HttpRequest, found: moments.Moment, now: datetime, reach: Reach, name: str | None = None
) -> HttpResponse:
    which = hashlib.blake2b(repr((name, found.at)).encode(), digest_size=12).hexdigest()
    key = f"runat-workers-past-{which}{name_of(reach)}"
    lives, running = kept(key, KEPT_FOR, lambda: _asked(found.at, now, reach, name))
    facts = {
        **of_moment(found, now),
        "here": request.path,
        "name": name,
        "lives": lives,
        "most": MOST,
        "running": running,
        "look_back_hours": round(LOOK_BACK.total_seconds() / 3600),
        "hot_days": conf().hot_days,
    }
    return render(request, "jobs/monitor/workers_past.html", facts)


def _asked(at: datetime, now: datetime, reach: Reach, name: str | None) -> tuple[list[Life], list[Attempt]]:
    """Ask who was there, and of one worker what it ran: a statement each."""
    rows = Worker.objects.all() if name is None else Worker.objects.filter(name=name)
    there = list(rows.there_at(at, MOST))
    return [_life(row, at, now, reach) for row in there], [] if name is None else _running(there, at, reach)


def _life(row: Worker, at: datetime, now: datetime, reach: Reach) -> Life:
    hidden = reach.names_of_others(Kind.QUEUE)
    left = row.stopped_at or row.gone_at or (row.heartbeat_at if now - row.heartbeat_at > conf().patience else None)
    minutes = minutes_of(row)
    return Life(
        name=row.name,
        pool=row.pool,
        slots=row.slots,
        queues=tuple(queue for queue in row.queues if queue not in hidden),
        versions=tuple(sorted(row.versions.items())),
        started_at=row.started_at,
        until=left,
        starts=_at(minutes, at, minutes.starts) if minutes else None,
        use=_at(minutes, at, minutes.use) if minutes else None,
    )


def _at(minutes: Minutes, at: datetime, known: tuple[int | None, ...]) -> int | None:
    """Return what is known of the minute in which this moment is."""
    n = (at - (minutes.until - len(known) * MINUTE)) // MINUTE
    return known[n] if 0 <= n < len(known) else None


def _running(there: Iterable[Worker], at: datetime, reach: Reach) -> list[Attempt]:
    """Return what ran on these then, of the jobs that were due in the LOOK_BACK before: a statement."""
    ahead = timedelta(seconds=conf().arm_lead)
    near = Job.objects.due_lately(at, back=LOOK_BACK, ahead=ahead, limit=LOOKED_AT)
    sessions = [row.session for row in there]
    return list(Attempt.objects.within(reach).running_at(at, sessions, near)[:MOST_RUNNING]) if sessions else []
