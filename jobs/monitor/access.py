"""Access to the monitor: who may look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from jobs.permissions import VIEW_JOB, why_refused

MAY_LOOK_FOR = 30  # seconds that a viewer is not looked up again; a right that is withdrawn ends this much later

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(view: View[P]) -> View[P]:
    """A page for those who may see jobs. Others are sent to the login, or told which permission they lack."""

    @login_required
    def allowed(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.has_perm(VIEW_JOB):
            return refuse(request, VIEW_JOB)
        return view(request, *args, **kwargs)

    def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = allowed(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return update_wrapper(shown, view)


def refuse(request: HttpRequest, permission: str) -> HttpResponse:
    """403, with the permission to ask for."""
    refusal = why_refused(request.user.get_username(), permission)
    return render(request, "monitor/refused.html", {"refusal": refusal}, status=403)


def may_look(request: HttpRequest) -> bool:
    """Return whether this viewer may see jobs. Asks the database at most every MAY_LOOK_FOR seconds a session: a page
    that is open all day in fifty browsers costs no login queries.
    """
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not session:
        return False
    key = "runat-may-look-" + hashlib.sha256(session.encode()).hexdigest()
    known: bool | None = cache.get(key)
    if known is None:
        known = request.user.is_authenticated and request.user.has_perm(VIEW_JOB)
        if known:
            cache.set(key, known, MAY_LOOK_FOR)
    return known
