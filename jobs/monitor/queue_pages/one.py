"""`/queues/<name>/`: one queue now, and with `at` as it was. A name that no job has had is an empty queue."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.http import Http404

from jobs import rules
from jobs.clock import clock
from jobs.forecast.soon import MOST_SOON
from jobs.kept import kept
from jobs.models import Alert, Job
from jobs.models.limit import Kind
from jobs.models.querysets.overviews import COUNT_LIMIT
from jobs.models.querysets.seeing_alike import name_of, of_teams
from jobs.models.querysets.within import is_narrow
from jobs.models.rollups.queues import TargetSum, each_target
from jobs.monitor.live_pages import LiveOne, live_one
from jobs.monitor.live_parts import Part
from jobs.monitor.overview import trends
from jobs.monitor.overview.past_page import past
from jobs.monitor.overview.tiles import tiles
from jobs.monitor.problem import LATE
from jobs.monitor.queue_pages import facts
from jobs.permissions import PAUSE_LIMIT
from jobs.rights import Reach

MOST_TARGETS = 50
MOST_WORKERS = 50
FIGURES_KEPT_FOR = 10  # seconds: of the last hour


class TargetLine(NamedTuple):
    """A target of the queue: what waits of it now, and what it did in the last hour; None: nothing."""

    name: str
    due: int
    coming: int
    lately: TargetSum | None


def _see(name: str, reach: Reach) -> None:
    """Raise Http404 for a name that no queue can have, and for a queue that is only another team's."""
    if rules.queue_problems(name) or name in reach.names_of_others(Kind.QUEUE):
        raise Http404(f"There is no queue {name}.")


def _part(name: str, reach: Reach) -> Part:
    """Ask what is not known of the queue already: what holds its jobs, its last hour, and its alerts."""
    now = clock.current()
    seen = facts.latest(now, reach)
    queue, hour = seen.of(name), trends.latest(now, reach, name)
    held = Job.objects.within(reach).held_in_queue(name) if queue.held else {}
    alerts = Alert.objects.within(reach).open().of("queue", name).count()
    workers = [line for line in seen.workers if name in line.queues]
    lines = _targets(name, seen, reach, now)
    context = {
        "now": now,
        "queue": queue,
        "tiles": tiles(hour, alerts=alerts),
        "held": {hold.words: count for hold, count in sorted(held.items())},
        "workers": workers[:MOST_WORKERS],
        "more_workers": len(workers) - MOST_WORKERS,
        "targets": lines,
        "count_limit": COUNT_LIMIT,
        "is_cut": seen.is_cut,
        "most": MOST_SOON,
        "late": LATE,
        "is_narrow": is_narrow(reach),
        "sees_limits": reach.sees_limits,
        "until": f"{now + facts.HOUR:%Y-%m-%dT%H:%M:%SZ}",
    }
    stays = [(line.session, line.look, line.slots, line.refusing) for line in workers]
    return Part("jobs/monitor/queue_live.html", context, (queue, hour, held, alerts, stays, lines))


def _targets(name: str, seen: facts.Queues, reach: Reach, now: datetime) -> list[TargetLine]:
    """Return the targets that wait in the queue or have started lately, those that started most first."""
    ours = of_teams(reach)
    sums = kept(
        f"runat-queue-targets-{name}{name_of(ours)}",
        FIGURES_KEPT_FOR,
        lambda: each_target(trends.last_hour(now, name), within=ours, most=MOST_TARGETS),
    )
    lately = {one.target: one for one in sums if one.target}
    due: dict[str, int] = {}
    coming: dict[str, int] = {}
    for one in seen.ahead:
        if one.queue == name:
            due[one.target] = due.get(one.target, 0) + one.waiting
            coming[one.target] = coming.get(one.target, 0) + facts.planned(one) - one.waiting
    names = [*lately, *sorted(set(due) - set(lately))][:MOST_TARGETS]
    return [TargetLine(one, due.get(one, 0), coming.get(one, 0), lately.get(one)) for one in names]


queue_page, queue_live = live_one(
    LiveOne(
        what="queue",
        part=_part,
        past=lambda request, name, now, reach: past(request, now, reach, queue=name),
        switches="may-pause",
        may_press=lambda request, name, reach: request.user.has_perm(PAUSE_LIMIT) and reach.has(Kind.QUEUE, name),
        see=_see,
    )
)
