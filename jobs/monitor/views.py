"""The ways to look: the monitor, its changing part, and the page of one job."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags, url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from jobs.clock import clock
from jobs.models import Job
from jobs.models.dependency import DEPENDENTS_SHOWN, awaited_by, dependents_of
from jobs.models.history import find
from jobs.monitor.access import may_look, page, refuse
from jobs.monitor.cached_page import cached_page
from jobs.transitions.dependencies import runs
from jobs.web import controls
from jobs.web.lateness import explain, story

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

BY_NAME = {verb.name: verb for verb in controls.BUTTONS}


@require_safe
@page
def monitor(request: HttpRequest) -> HttpResponse:
    """`/`: what is wrong, what runs, what comes, what was."""
    return render(request, "monitor/page.html", {"picture": cached_page(), "paused": "paused" in request.GET})


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The changing part of the monitor, 304 while nothing has happened. The login is asked for by the whole page."""
    if not may_look(request):
        return HttpResponse(status=401, headers={"HX-Redirect": reverse("monitor")})
    seen = cached_page()
    # Weak comparison, as RFC 9110 has it for If-None-Match: a proxy that compresses weakens the tag.
    known = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
    response = HttpResponseNotModified() if seen.etag in known else HttpResponse(seen.html)
    response["ETag"] = seen.etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_safe
@page
def job_detail(request: HttpRequest, job_id: int) -> HttpResponse:
    """`/jobs/7/`: the facts in the order of time, why it was late, its ledger, and what can be done."""
    job = Job.objects.for_people().with_story().filter(pk=job_id).first() or find(job_id)
    if job is None:
        raise Http404(f"There is no job {job_id}.")
    now = clock.current()
    context = {
        "job": job,
        "now": now,
        "steps": story(job),
        "why": explain(job, now),
        "beyond_deadline": job.is_beyond_deadline(now),
        "verbs": controls.offered(job, request.user),
        "waits_for": awaited_by(job)[:DEPENDENTS_SHOWN],
        "runs": runs.awaited_by(job, now=now)[:DEPENDENTS_SHOWN],
        "dependents": dependents_of(job),
        "asks_why": controls.asks_why(job),
        "may_reschedule": request.user.is_staff and controls.is_offered(controls.RESCHEDULE, job, request.user),
    }
    return render(request, "monitor/job.html", context)


@require_POST
@page
def control(request: HttpRequest, job_id: int, verb: str) -> HttpResponse:
    """A button: does it, says what became of it, and goes back."""
    if verb not in BY_NAME:
        raise Http404(f"Nothing is called {verb}.")
    permission = BY_NAME[verb].control.permission
    if not request.user.has_perm(permission):
        return refuse(request, permission)
    by = cast("AbstractBaseUser", request.user)
    reason = request.POST.get("reason", "")
    answer = controls.apply(BY_NAME[verb], job_id, by=by, now=clock.current(), reason=reason)
    controls.report(request, BY_NAME[verb], [answer])
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("job", args=[job_id])
    if not Job.objects.filter(pk=job_id).exists():
        back = reverse("monitor")
    return redirect(back)
