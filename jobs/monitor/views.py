"""The monitor, its changing part, and the buttons of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from jobs.clock import clock
from jobs.models import Job, Verb
from jobs.monitor.access import is_known, job_for, may_look, page
from jobs.monitor.cached_page import cached_page
from jobs.monitor.overview import moments
from jobs.monitor.overview.past_page import past
from jobs.monitor.overview.trends import HOUR
from jobs.permissions import VIEW_JOB
from jobs.rights import reach_of
from jobs.rules.may import may_undo, why_not
from jobs.web import controls
from jobs.web.appearance.shown import follow_address
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

BY_NAME = {verb.name: verb for verb in (*controls.BUTTONS, controls.UNDO, controls.REFUSE)}


@require_safe
@page
def monitor(request: HttpRequest) -> HttpResponse:
    """`/`: what is wrong, what runs, what comes, what was; with `at` as it was then. Those who see only jobs of their
    own have them in a list."""
    if not request.user.has_perm(VIEW_JOB):
        return redirect("jobs")
    now, reach = clock.current(), reach_of(request.user)
    if request.GET.get("at"):
        return past(request, now, reach)
    facts = {
        "picture": cached_page(reach),
        "paused": "paused" in request.GET,
        "here": request.path,
        "moves": moments.back_from(now, request.path),
        "typed": moments.typed(now - HOUR),
    }
    return render(request, "jobs/monitor/page.html", facts)


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The changing part of the monitor, 304 while nothing has happened. The login is asked for by the whole page."""
    follow_address(request)
    reach = may_look(request)
    if reach is None or reach.own_only:
        return HttpResponse(status=401, headers={"HX-Redirect": reverse("monitor")})
    seen = cached_page(reach)
    response = HttpResponseNotModified() if is_known(request, seen.etag) else HttpResponse(seen.html)
    response["ETag"] = seen.etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@page
def control(request: HttpRequest, job_id: int, verb: str) -> HttpResponse:
    """A button: does it, says what became of it, and goes back. What cancels asks once; whoever only follows the
    address comes to the page with the button."""
    if verb not in BY_NAME:
        raise Http404(f"Nothing is called {verb}.")
    if request.method != "POST":
        asks = BY_NAME[verb] is controls.CANCEL
        return _ask_to_cancel(request, job_id) if asks else redirect("job", job_id)
    by = cast("AbstractBaseUser", request.user)
    if why := _why_not(BY_NAME[verb], job_id, by):
        return refuse(request, why)
    reason, version = request.POST.get("reason", ""), controls.version_in(request.POST.get("version", ""))
    answer = controls.apply(BY_NAME[verb], job_id, by=by, now=clock.current(), reason=reason, version=version)
    if answer.forbidden:
        return refuse(request, answer.why)
    controls.report(request, BY_NAME[verb], [answer])
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("job", args=[job_id])
    if answer.job is None:
        back = reverse("monitor")
    return redirect(back)


def _why_not(button: controls.Button, job_id: int, by: AbstractBaseUser) -> str:
    """Return which permission he lacks to press the button; empty where he has it, or needs none."""
    why = why_not(button.verb, job_id, by)
    if why and button is controls.UNDO:
        job = Job.objects.filter(pk=job_id).first()
        return "" if job is not None and may_undo(job, by) else why
    return why


def _ask_to_cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """The question before a cancellation: what it does, until when it can be undone, and why it is asked for."""
    job = job_for(request, job_id, Verb.CANCEL)
    if isinstance(job, HttpResponse):
        return job
    if not controls.CANCEL.control.fits(job):
        return redirect("job", job_id)
    now = clock.current()
    return render(request, "jobs/cancel.html", {"job": job, "now": now, "is_ahead": job.run_at > now})
