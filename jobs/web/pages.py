"""The page /jobs/new/."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs import transitions
from jobs.clock import clock
from jobs.creation_limits import TooFast, admission_of
from jobs.permissions import ADD_JOB, why_refused
from jobs.web.forms import JobForm

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_job(request: HttpRequest) -> HttpResponse:
    """The form, and what became of it. A wrong field keeps what was typed and says what to do."""
    if not request.user.has_perm(ADD_JOB):
        refusal = why_refused(request.user.get_username(), ADD_JOB)
        return render(request, "jobs/new.html", {"refusal": refusal}, status=403)
    now = clock.current()
    if request.method != "POST":
        return render(request, "jobs/new.html", {"form": JobForm(now=now)})
    form = JobForm(request.POST, now=now)
    form.by = cast("AbstractBaseUser", request.user)
    if not form.is_valid():
        return render(request, "jobs/new.html", {"form": form}, status=400)
    user = cast("AbstractBaseUser", request.user)
    try:
        admission_of(user).single()
    except TooFast as refusal:
        form.add_error(None, str(refusal))
        response = render(request, "jobs/new.html", {"form": form}, status=429)
        response["Retry-After"] = str(refusal.retry_after)
        return response
    job, _ = transitions.create(form.new_job, now=now, by=user)
    sentence = f"Job {job.pk} will start {job.target} at {job.run_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC."
    messages.success(request, f"{sentence} {job.waited_for}".rstrip())
    return redirect("new-job")
