"""Access to the monitor: who may look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags

from jobs.models import Job, Verb
from jobs.permissions import ADD_JOB, VIEW_JOB, why_refused
from jobs.rights import Reach, reach_of
from jobs.rights.seeing import not_theirs
from jobs.rights.telling import seen_job
from jobs.rules.may import is_within, why_not
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

# Seconds that a viewer is not looked up again; a right or a team that is withdrawn ends this much later.
MAY_LOOK_FOR = 30

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(view: View[P]) -> View[P]:
    """A page for those who may see jobs, and with their own jobs for those who may create some. Others are sent to the
    login, or told which permission they lack."""

    @login_required
    def allowed(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.has_perm(VIEW_JOB) and not request.user.has_perm(ADD_JOB):
            return refuse(request, why_refused(request.user, VIEW_JOB))
        return view(request, *args, **kwargs)

    def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = allowed(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return update_wrapper(shown, view)


def job_for(request: HttpRequest, job_id: int, verb: Verb) -> Job | HttpResponse:
    """Return the job, or the answer for somebody who may not do this to it. Raises Http404 where there is none that
    this person sees."""
    by = cast("AbstractBaseUser", request.user)
    if why := why_not(verb, job_id, by):
        return refuse(request, why)
    reach = reach_of(by)
    job = seen_job(job_id, reach)
    if job is None:
        raise Http404(f"There is no job {job_id}.")
    return job if is_within(verb, job, by) else refuse(request, not_theirs(f"Job {job_id}", job, reach))


def may_look(request: HttpRequest) -> Reach | None:
    """Return what this viewer sees, of the monitor or of jobs of his own; None for one who may see neither. Asks the
    database at most every MAY_LOOK_FOR seconds a session: a page that is open all day in fifty browsers costs no login
    queries.
    """
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not session:
        return None
    key = "runat-may-look-" + hashlib.sha256(session.encode()).hexdigest()
    known: Reach | None = cache.get(key)
    if known is None and any(request.user.has_perm(permission) for permission in (VIEW_JOB, ADD_JOB)):
        known = reach_of(request.user)
        cache.set(key, known, MAY_LOOK_FOR)
    return known


def is_known(request: HttpRequest, etag: str) -> bool:
    """Return whether the viewer has this already. Weak comparison, as RFC 9110 has it for If-None-Match: a proxy that
    compresses weakens the tag."""
    return etag in {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
