"""The page of one job, `/jobs/7/`, and the part of it that follows the job while that goes on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from jobs import targets
from jobs.clock import clock
from jobs.lateness import explain, way
from jobs.models import Job, Schedule
from jobs.models.dependency import DEPENDENTS_SHOWN, awaited_by, dependents_of
from jobs.monitor.access import is_known, may_look, page
from jobs.monitor.target_runs import last_runs
from jobs.permissions import ADD_JOB
from jobs.rights import reach_of
from jobs.rights.alert_rules import may_tell_of
from jobs.rights.reach import keep
from jobs.rights.seeing import seen_of, seen_runs
from jobs.rights.telling import seen_job
from jobs.states import State
from jobs.transitions.dependencies import runs
from jobs.web import controls
from jobs.web.appearance.shown import ZONE, about_job, follow_address

STOP_POLLING = 286  # htmx takes the answer, and asks no more


@dataclass(frozen=True)
class Seen:
    """A job as a person sees it. `etag` names the facts, not the moment at which they were read."""

    job: Job
    etag: str
    context: dict[str, Any]


@require_safe
@page
def job_detail(request: HttpRequest, job_id: int) -> HttpResponse:
    """The facts in the order of time, why it was late, its ledger, and what can be done."""
    seen = _look(request, job_id)
    runs = last_runs(seen.job, reach_of(request.user), clock.current())
    about_job(Schedule.objects.zone_of(seen.job.schedule_id))
    return render(request, "jobs/monitor/job.html", {**seen.context, "last_runs": runs})


@require_safe
def job_live(request: HttpRequest, job_id: int) -> HttpResponse:
    """The changing part, 304 while nothing has happened, and the last one when the job has ended: from then on nothing
    happens by itself. A viewer who may not look any more, and a job that is gone, are for the whole page."""
    whole_page = {"HX-Redirect": reverse("job", args=[job_id])}
    follow_address(request)
    reach = may_look(request)
    if reach is None:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers=whole_page)
    keep(request.user, reach)
    try:
        seen = _look(request, job_id)
    except Http404:
        return HttpResponse(status=HTTPStatus.NOT_FOUND, headers=whole_page)
    if seen.job.is_final:
        response = render(request, "jobs/monitor/job_live.html", seen.context, status=STOP_POLLING)
    elif is_known(request, seen.etag):
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = render(request, "jobs/monitor/job_live.html", seen.context)
    response["ETag"] = seen.etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _look(request: HttpRequest, job_id: int) -> Seen:
    """Read the job and all that its page tells. Raises Http404 where there is none that this person sees."""
    reach = reach_of(request.user)
    job = seen_job(job_id, reach)
    if job is None:
        raise Http404(f"There is no job {job_id}.")
    now = clock.current()
    attempts = list(job.attempts.all())
    facts = {
        "why": explain(job, now),
        "beyond_deadline": job.is_beyond_deadline(now),
        "verbs": controls.offered(job, request.user),
        "waits_for": seen_of(awaited_by(job), reach)[:DEPENDENTS_SHOWN],
        "runs": seen_runs(runs.awaited_by(job, now=now), reach)[:DEPENDENTS_SHOWN],
        "dependents": seen_of(dependents_of(job), reach),
        "can_be_undone": controls.can_be_undone(job, request.user, now),
        "may_approve": controls.is_offered(controls.APPROVE, job, request.user),
        "may_edit": controls.is_offered(controls.EDIT, job, request.user),
        "may_create": request.user.has_perm(ADD_JOB),
        "may_tell": may_tell_of(request.user, job),
        "is_ahead": job.state == State.PENDING and job.due > now,
    }
    rows = [_values(job), [_values(attempt) for attempt in attempts], [row.pk for row in job.audit.all()]]
    etag = hashlib.blake2b(repr([rows, facts, now.date(), request.GET.get(ZONE)]).encode(), digest_size=12).hexdigest()
    running = job.state == State.RUNNING
    more = {
        "job": job,
        "target": targets.known(job.target),
        "payload": targets.shown(job.target, job.payload, sees_secrets=reach.sees_secrets),
        "now": now,
        "tracks": way(job, attempts, now),
        "attempts": attempts,
        "running": attempts[-1] if running and attempts else None,
        "running_since": max(job.locked_at, job.run_at) if running and job.locked_at else None,
        "asks_why": controls.asks_why(job),
    }
    return Seen(job, f'"{etag}"', {**facts, **more})


def _values(row: Any) -> list[Any]:
    return [getattr(row, field.attname) for field in row._meta.concrete_fields]
