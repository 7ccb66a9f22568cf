"""Keeping a job, letting it go, and redacting it: the forms on its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from jobs.clock import clock
from jobs.transitions import Answer, keeping, redaction

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def keep_or_let_go(request: HttpRequest, job_id: int) -> HttpResponse:
    """Do what the button says that was pressed, say what became of it, and return to the page of the job."""
    return _done(request, job_id, keeping.let_go if "let_go" in request.POST else keeping.keep)


def redact(request: HttpRequest, job_id: int) -> HttpResponse:
    """Redact the job, say what became of it, and return to its page."""
    return _done(request, job_id, redaction.redact)


def _done(request: HttpRequest, job_id: int, word: Callable[..., Answer]) -> HttpResponse:
    by = cast("AbstractBaseUser", request.user)
    try:
        answer = word(job_id, now=clock.current(), reason=request.POST.get("reason", ""), by=by)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        (messages.success if answer.done else messages.error)(request, answer.why)
    return redirect(reverse("admin:jobs_job_change", args=[job_id]))
