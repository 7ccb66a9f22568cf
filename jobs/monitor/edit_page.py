"""The page on which a job that has not started is edited, `/jobs/7/edit/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs import transitions
from jobs.clock import clock
from jobs.models import Job, Verb
from jobs.monitor.access import job_for, page
from jobs.rules.controls import CONTROLS
from jobs.web.appearance.person import remember_typed, typed_zone
from jobs.web.controls import version_in
from jobs.web.edit_form import EditForm

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, job_id: int) -> HttpResponse:
    """The form, and what became of it. A job that has started meanwhile, or was changed, stays as it is."""
    by, now = cast("AbstractBaseUser", request.user), clock.current()
    job = job_for(request, job_id, Verb.EDIT)
    if isinstance(job, HttpResponse):
        return job
    if not CONTROLS[Verb.EDIT].fits(job):
        why = f"Only a job that has not started can be edited; job {job_id} is {job.get_state_display()}."
        messages.warning(request, why)
        return redirect("job", job_id)
    zone = ZoneInfo(typed_zone(request) or "UTC")
    if request.method != "POST":
        return _shown(request, job, EditForm(now=now, by=by, job=job, zone=zone))
    form = EditForm(request.POST, now=now, by=by, job=job, zone=zone)
    if not form.is_valid():
        return _shown(request, job, form, status=400)
    version, reason = version_in(request.POST.get("version", "")), request.POST.get("reason", "")
    try:
        answer = transitions.edit(job_id, form.changes, now=now, by=by, seen={version}, reason=reason)
    except ValidationError as error:  # of the reason, and of what somebody has changed since it was judged
        form.blame(error, {*form.fields, "payload"})
        for problem in error.message_dict.get("reason", []):
            form.add_error(None, problem)
        return _shown(request, job, form, status=400)
    remember_typed(request, form.cleaned_data["time_zone"])
    (messages.success if answer.done else messages.warning)(request, answer.why)
    return redirect("job", job_id)


def _shown(request: HttpRequest, job: Job, form: EditForm, *, status: int = 200) -> HttpResponse:
    version = request.POST.get("version", job.version)
    reason = request.POST.get("reason", "")
    return render(
        request, "jobs/edit.html", {"job": job, "form": form, "version": version, "reason": reason}, status=status
    )
