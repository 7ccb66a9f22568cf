"""Answers to the switches of the header: whose clocks, which colours. Each is a button of a form, without a script."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from jobs.calendars import zones
from jobs.models.preference import Theme, Times
from jobs.web.addresses import here
from jobs.web.appearance.person import keep, named, preference_of
from jobs.web.appearance.shown import THEME

COOKIE_FOR = timedelta(days=365)
NO_ZONE = "Your browser has not said its time zone. Name yours here; times are shown by it from then on."
NO_ZONE_HERE = "Your browser has not said its time zone, so times stay UTC. Allow scripts, and choose again."
KEPT = "Times are shown by the clocks of {zone}."
KEPT_BROWSERS = "Your own zone is the browser's again, from the next time on that you choose it above."
NOTHING = "This form says neither whose clocks nor which colours are meant; use the switches of a page's header."


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the choice, and go back. Colours are for everybody, clocks for those who are logged in."""
    if request.POST.get("theme") in Theme.values:
        return _in_colours(request, Theme(request.POST["theme"]))
    if not request.user.is_authenticated:
        return redirect(settings.LOGIN_URL)
    if request.POST.get("times") in Times.values:
        return _by_clocks(request, Times(request.POST["times"]))
    if "time_zone" in request.POST:
        return _of_zone(request, request.POST["time_zone"].strip())
    return HttpResponseBadRequest(NOTHING, content_type="text/plain; charset=utf-8")


def _in_colours(request: HttpRequest, theme: Theme) -> HttpResponse:
    response = _back(request)
    response.set_cookie(
        THEME,
        theme.value,
        max_age=COOKIE_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    if request.user.is_authenticated:
        keep(request.user, theme=theme.value)
    return response


def _by_clocks(request: HttpRequest, times: Times) -> HttpResponse:
    chosen = {"times": times.value}
    browsers = request.POST.get("browser_zone", "")
    if times == Times.MINE and browsers and not zones.new_problems(browsers):
        chosen["browser_zone"] = browsers
    keep(request.user, **chosen)
    known = preference_of(request.user)
    if times == Times.MINE and (known is None or named(known.mine) is None):
        messages.warning(request, NO_ZONE if _account() else NO_ZONE_HERE)
        return redirect(_account()) if _account() else _back(request)
    return _back(request)


def _of_zone(request: HttpRequest, name: str) -> HttpResponse:
    """Keep the zone that somebody has named as his own, and show times by it; none: the browser's is his own again."""
    problems = zones.new_problems(name) if name else []
    if problems:
        messages.error(request, " ".join(problems))
    elif name:
        keep(request.user, time_zone=name, times=Times.MINE.value)
        messages.success(request, KEPT.format(zone=name))
    else:
        keep(request.user, time_zone="")
        messages.success(request, KEPT_BROWSERS)
    return redirect(_account()) if _account() else _back(request)


def _account() -> str:
    """Return the address of the page at which people name their zone; empty in a project that has none."""
    try:
        return reverse("account")
    except NoReverseMatch:
        return ""


def _back(request: HttpRequest) -> HttpResponse:
    """Lead back to the page with the switch; a form that was sent there is not sent again."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = here("/")
    response = redirect(back)
    response.status_code = HTTPStatus.SEE_OTHER
    return response
