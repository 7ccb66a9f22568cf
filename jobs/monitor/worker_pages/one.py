"""`/workers/<name>/`: one worker, what it runs now, and its lives of the last hour."""

from __future__ import annotations

from typing import NamedTuple

from django.http import Http404

from jobs.clock import clock
from jobs.models import Attempt
from jobs.monitor.live_pages import LiveOne, live_one
from jobs.monitor.live_parts import Part
from jobs.monitor.worker_pages import facts, hour, past
from jobs.monitor.workers import WorkerLine
from jobs.permissions import CONTROL_JOB
from jobs.rights import Reach

MOST_RUNNING = 100


class Lives(NamedTuple):
    """Lives of the workers of one name, the one that counts first: those that are there before those that left."""

    now: WorkerLine
    before: tuple[WorkerLine, ...]


def lives(name: str, lines: tuple[WorkerLine, ...]) -> Lives:
    """Return those of this name. Raises Http404 where none was seen lately."""
    found = sorted(
        (line for line in lines if line.name == name),
        key=lambda line: (line.left_at is not None, -line.heartbeat_at.timestamp()),
    )
    if not found:
        raise Http404(f"No worker is called {name}, or it has left more than an hour ago.")
    return Lives(found[0], tuple(found[1:]))


def _part(name: str, reach: Reach) -> Part:
    """Ask what is in its slots, beside what is known of all workers."""
    now = clock.current()
    found = lives(name, facts.latest(now, reach))
    starts = list(Attempt.objects.within(reach).running_on([found.now.session], MOST_RUNNING)) if found.now.busy else []
    context = {
        "now": now,
        "worker": found.now,
        "before": found.before,
        "tiles": hour.tiles_of((found.now, *found.before), now),
        "running": starts,
        "others": max(found.now.busy - len(starts), 0),
    }
    stays = [(one.pk, one.job.cancel_requested_at, one.progress) for one in starts]
    return Part("jobs/monitor/worker_live.html", context, (found, stays))


worker_page, worker_live = live_one(
    LiveOne(
        what="worker",
        part=_part,
        past=past.of_one,
        switches="may-drain",
        may_press=lambda request, _, reach: request.user.has_perm(CONTROL_JOB) and reach.is_whole,
        template="jobs/monitor/worker.html",
    )
)
