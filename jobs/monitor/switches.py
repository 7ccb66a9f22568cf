"""The pages behind the monitor's switches: pause or resume a queue, drain or resume a worker. One question each, with a
reason, and back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods

from jobs.clock import clock
from jobs.models import Kind, Worker
from jobs.monitor import live_parts
from jobs.monitor.cached_page import forget
from jobs.nodes import drains
from jobs.permissions import CONTROL_JOB, PAUSE_LIMIT, why_refused
from jobs.rights import reach_of
from jobs.rights.seeing import not_of_theirs
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

# Does it for this person, with this reason. Returns whether it was done, and a sentence. Raises ValidationError.
Do = Callable[["AbstractBaseUser", str], tuple[bool, str]]


@dataclass(frozen=True)
class Switch:
    """Question that is asked first: its title, what it does, the word on its button, and whether a reason is needed."""

    title: str
    meaning: str
    button: str
    permission: str
    needs_reason: bool
    do: Do
    #: Why this person may not switch this one, whatever else he may; empty: he may.
    refusal: str = ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pause_queue(request: HttpRequest, name: str) -> HttpResponse:
    """Ask, and pause the queue."""

    def do(by: AbstractBaseUser, reason: str) -> tuple[bool, str]:
        pausing.pause(Name(Kind.QUEUE, name), now=clock.current(), reason=reason, by=by)
        return True, f"The queue {name} is paused: none of its jobs starts."

    meaning = "None of its jobs starts until it is resumed. What runs goes on; what comes due waits."
    refusal = _not_theirs(request, name)
    switch = Switch(f"Pause queue {name}", meaning, "Pause", PAUSE_LIMIT, False, do, refusal)
    return _asked(request, switch, {"queues": reverse("queues"), "queue": _or_monitor("queue", name)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def resume_queue(request: HttpRequest, name: str) -> HttpResponse:
    """Ask, and resume the queue."""

    def do(by: AbstractBaseUser, reason: str) -> tuple[bool, str]:
        pausing.resume(Name(Kind.QUEUE, name), now=clock.current(), by=pausing.By(by, reason))
        return True, f"The queue {name} goes on."

    meaning = "What was due meanwhile starts at once, as far as its limits and the slots let it."
    refusal = _not_theirs(request, name)
    switch = Switch(f"Resume queue {name}", meaning, "Resume", PAUSE_LIMIT, False, do, refusal)
    return _asked(request, switch, {"queues": reverse("queues"), "queue": _or_monitor("queue", name)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def drain_worker(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Ask, and drain the worker."""

    def do(by: AbstractBaseUser, reason: str) -> tuple[bool, str]:
        answer = drains.drain(session, now=clock.current(), reason=reason, by=by)
        return answer.done, answer.why

    meaning = "It takes no more jobs, hands back those that wait there, and ends those that run."
    name = _name(session)
    switch = Switch(f"Drain worker {name}", meaning, "Drain", CONTROL_JOB, True, do, _nobodys(request))
    return _asked(request, switch, {"workers": reverse("workers"), "worker": _or_monitor("worker", name)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def resume_worker(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Ask, and put the worker back into service."""

    def do(by: AbstractBaseUser, reason: str) -> tuple[bool, str]:
        answer = drains.resume(session, now=clock.current(), reason=reason, by=by)
        return answer.done, answer.why

    name = _name(session)
    switch = Switch(
        f"Resume worker {name}", "It takes jobs again.", "Resume", CONTROL_JOB, False, do, _nobodys(request)
    )
    return _asked(request, switch, {"workers": reverse("workers"), "worker": _or_monitor("worker", name)})


def _not_theirs(request: HttpRequest, queue: str) -> str:
    return "" if reach_of(request.user).has(Kind.QUEUE, queue) else not_of_theirs(f"The queue '{queue}'")


def _nobodys(request: HttpRequest) -> str:
    """Return why somebody who has not all teams may not switch a worker: it takes the jobs of all."""
    return "" if reach_of(request.user).is_whole else not_of_theirs("A worker")


def _name(session: uuid.UUID) -> str:
    worker = Worker.objects.filter(session=session).first()
    if worker is None:
        raise Http404(f"There is no worker with the session {session}.")
    return worker.name


def _or_monitor(page: str, name: str) -> str:
    """Return the address of the page of this queue or worker; of the monitor for a name that no address can have."""
    try:
        return reverse(page, args=[name])
    except NoReverseMatch:
        return reverse("monitor")


def _asked(request: HttpRequest, switch: Switch, pages: Mapping[str, str]) -> HttpResponse:
    """Ask, or do it and go back: to the one of these pages that `next` names, else to the monitor."""
    back = pages.get(request.GET.get("next", ""), reverse("monitor"))
    may = request.user.has_perm(switch.permission)
    if not may or switch.refusal:
        return refuse(request, switch.refusal if may else why_refused(request.user, switch.permission))
    if request.method != "POST":
        return render(request, "jobs/switch.html", {"switch": switch, "back": back})
    reason = request.POST.get("reason", "")
    try:
        done, said = switch.do(cast("AbstractBaseUser", request.user), reason)
    except ValidationError as error:
        context = {"switch": switch, "back": back, "reason": reason, "problems": error.messages}
        return render(request, "jobs/switch.html", context, status=400)
    (messages.success if done else messages.warning)(request, said)
    forget(reach_of(request.user))
    live_parts.forget(reach_of(request.user))
    return redirect(back)
