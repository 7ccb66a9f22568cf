"""The page /jobs/new/, and the two parts of it that follow what is typed."""

from __future__ import annotations

from datetime import UTC
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs import exactjson, rules, transitions
from jobs.clock import clock
from jobs.creation_limits import TooFast, admission_of
from jobs.models import Verb
from jobs.permissions import ADD_JOB, why_refused
from jobs.rights import reach_of
from jobs.rights.telling import seen_job
from jobs.rules.controls import CONTROLS, why_not_again
from jobs.web import arguments, parsing, whens
from jobs.web.appearance.person import remember_typed, typed_zone
from jobs.web.forms import ARGUMENTS_OF, LIKE, LONGEST_ID, OTHER_TARGET, JobForm
from jobs.web.refused import refuse
from jobs.web.typed import typed

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_job(request: HttpRequest) -> HttpResponse:
    """The form, and what became of it. A wrong field keeps what was typed and says what to do."""
    if not request.user.has_perm(ADD_JOB):
        return refuse(request, why_refused(request.user, ADD_JOB))
    now, user = clock.current(), cast("AbstractBaseUser", request.user)
    if request.method != "POST":
        zone = typed_zone(request)
        initial = {**_proposed(request), "time_zone": zone or "UTC"}
        return _shown(request, JobForm(now=now, by=user, initial=initial), is_fresh=zone is None)
    if request.POST.get(ARGUMENTS_OF, request.POST.get("target")) != request.POST.get("target"):
        return _shown(request, _with_arguments(request), note=OTHER_TARGET, status=400)
    form = JobForm(request.POST, now=now, by=user)
    if not form.is_valid():
        return _shown(request, form, status=400)
    try:
        admission_of(user).single()
    except TooFast as refusal:
        form.add_error(None, str(refusal))
        response = _shown(request, form, status=429)
        response["Retry-After"] = str(refusal.retry_after)
        return response
    job, _ = transitions.create(form.new_job, now=now, by=user)
    remember_typed(request, form.cleaned_data["time_zone"])
    sentence = f"Job {job.pk} will start {job.target} at {job.run_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC."
    messages.success(request, f"{sentence} {job.waited_for}".rstrip())
    return redirect("job", job.pk)  # whoever creates jobs sees those of his own


def _proposed(request: HttpRequest) -> dict[str, Any]:
    """Return what the form has at first: a target, or all of a job that this person sees, but for its time."""
    like = request.GET.get(LIKE, "")
    if not (like.isascii() and like.isdecimal() and len(like) < LONGEST_ID):
        return {"target": request.GET.get("target", "")}
    job = seen_job(int(like), reach_of(request.user))
    if job is None:
        raise Http404(f"There is no job {like}.")
    if why := why_not_again(job):
        messages.warning(request, why)
        return {"target": job.target}
    return {**typed(job), LIKE: like}


@require_POST
def arguments_shown(request: HttpRequest) -> HttpResponse:
    """The arguments of the target that is chosen now, or in the other form: as fields, or as JSON. To htmx that part
    alone, to a browser without scripts the page. Nothing is created."""
    if refused := _refused(request):
        return refused
    form = _with_arguments(request)
    note = ""
    if request.POST.get("_arguments") == "fields" and form.typed is None:
        note = "There are no fields for these arguments: some of them can be written as JSON only."
    if "HX-Request" not in request.headers:
        return _shown(request, form, note=note)
    return render(request, "jobs/arguments.html", {"form": form, "note": note})


@require_safe
def when(request: HttpRequest) -> HttpResponse:
    """The moment that is understood, or what is wrong with it, while it is typed."""
    if refused := _refused(request):
        return refused
    now = clock.current()
    try:
        zone = parsing.zone(request.GET.get("time_zone", ""))
        run_at = whens.moment(request.GET.get("run_at", ""), now=now, zone=zone)
        problems = [] if run_at is None else rules.run_at_problems(run_at, now)
    except parsing.Unreadable as error:
        run_at, problems = None, [str(error)]
    if problems:
        return HttpResponse(format_html('<span class="late">{}</span>', " ".join(problems)))
    return HttpResponse(format_html("{}", whens.understood(run_at, now)))


def _shown(
    request: HttpRequest, form: JobForm, *, note: str = "", is_fresh: bool = False, status: int = 200
) -> HttpResponse:
    return render(request, "jobs/new.html", {"form": form, "note": note, "is_fresh": is_fresh}, status=status)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """Return the answer for somebody whose login has ended, or who neither creates nor edits jobs: it is for the whole
    page."""
    if not request.user.is_authenticated:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": reverse("new-job")})
    if not any(map(request.user.has_perm, (ADD_JOB, CONTROLS[Verb.EDIT].permission))):
        return HttpResponse(status=HTTPStatus.FORBIDDEN, headers={"HX-Redirect": reverse("new-job")})
    return None


def _with_arguments(request: HttpRequest) -> JobForm:
    """Return the form with all that was typed, and with the arguments as they are wanted now. What cannot be read stays
    where it is, with what is wrong with it."""
    now, user = clock.current(), cast("AbstractBaseUser", request.user)
    sent: dict[str, Any] = request.POST.dict()
    fields = arguments.fields_of(sent.get(ARGUMENTS_OF, ""))
    if fields is None:
        return JobForm(now=now, by=user, initial=sent)
    wants_json = sent.get("_arguments") == "json"
    if not wants_json and arguments.fields_of(sent.get("target", "")) is not None:
        return JobForm(now=now, by=user, initial=sent)  # what has fields of the same name is in them again
    payload, wrong = arguments.read(fields, sent)
    if wrong and wants_json:
        return JobForm(request.POST, now=now, by=user)
    return JobForm(now=now, by=user, initial={**sent, "payload": exactjson.dumps(payload, indent=2)}, as_json=True)
