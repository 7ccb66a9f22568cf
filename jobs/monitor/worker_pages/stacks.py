"""`/workers/<name>/stacks/`: where the jobs of a worker are in their code, asked of it when somebody wants to know."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.clock import clock
from jobs.kept import kept
from jobs.models import Attempt
from jobs.monitor.access import page
from jobs.monitor.worker_pages import facts
from jobs.monitor.worker_pages.one import lives
from jobs.nodes import stacks
from jobs.nodes.stacks import Answer, Stack
from jobs.permissions import CONTROL_JOB, VIEW_JOB, why_refused
from jobs.rights import reach_of
from jobs.web.refused import refuse

MOST = 20  # jobs, those that run longest
KEPT_FOR = 2  # seconds: a worker is asked no more often, however many look


class Line(NamedTuple):
    """A job that runs, with where it is; None: the worker does not say."""

    attempt: Attempt
    stack: Stack | None


@require_safe
@page
def worker_stacks(request: HttpRequest, name: str) -> HttpResponse:
    """Show where the jobs are that run there, of those that this person sees: to htmx that part alone, to a browser
    without scripts a page. It tells of code, so it needs the right to control jobs."""
    for permission in (VIEW_JOB, CONTROL_JOB):
        if not request.user.has_perm(permission):
            return refuse(request, why_refused(request.user, permission))
    now, reach = clock.current(), reach_of(request.user)
    worker = lives(name, facts.latest(now, reach)).now
    starts = list(Attempt.objects.within(reach).running_on([worker.session], MOST))
    answer = Answer({}) if worker.left_at is not None else _asked(name, [one.job_id for one in starts])
    shown = {
        "name": name,
        "now": now,
        "why": answer.why,
        "lines": [Line(one, answer.stacks.get(one.job_id)) for one in starts],
        "others": max(worker.busy - len(starts), 0),
        "most": MOST,
    }
    is_part = "HX-Request" in request.headers
    return render(request, "jobs/monitor/stacks_part.html" if is_part else "jobs/monitor/stacks.html", shown)


def _asked(name: str, job_ids: list[int]) -> Answer:
    key = hashlib.blake2b(repr((name, job_ids)).encode(), digest_size=12).hexdigest()
    return kept(f"runat-stacks-{key}", KEPT_FOR, lambda: stacks.ask(name, job_ids))
