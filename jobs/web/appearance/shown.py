"""Clocks and colours by which the answer to a request is shown. Nothing is asked before a page wants to know, so that
what shows no time costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cached_property
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from jobs.models.preference import Preference, Theme, Times
from jobs.web.addresses import here
from jobs.web.appearance.person import named, preference_of

EVEN = ZoneInfo("UTC")
THEME = "runat-theme"  # the cookie of those who are not logged in
ZONE = "zone"  # of the address of a part that changes by itself: the zone of the page around it

_current: ContextVar[Shown | None] = ContextVar("shown", default=None)


class Shown:
    """Look of one answer. `of_job`: the zone of the job that the page is about; `said`: the zone that the address
    names, which is for whoever asks; `is_switched`: its page has the switches."""

    def __init__(self, request: HttpRequest, *, is_switched: bool = False) -> None:
        self._request = request
        self.is_switched = is_switched
        self.of_job: ZoneInfo | None = None
        self.said: ZoneInfo | None = None

    @cached_property
    def preference(self) -> Preference:
        return preference_of(self._request.user) or Preference()

    @property
    def mine(self) -> ZoneInfo | None:
        return named(self.preference.mine)

    @property
    def times(self) -> Times:
        """Return which of the choices holds here: the job's where there is a job with a zone, else the person's."""
        chosen = Times(self.preference.times)
        if chosen == Times.JOB and self.of_job is None:
            chosen = Times.MINE
        return Times.UTC if chosen == Times.MINE and self.mine is None else chosen

    @property
    def zone(self) -> ZoneInfo:
        if self.said is not None:
            return self.said
        if self._says_utc:
            return EVEN
        found = {Times.UTC: EVEN, Times.MINE: self.mine, Times.JOB: self.of_job}[self.times]
        return found or EVEN

    @cached_property
    def _says_utc(self) -> bool:
        """Choice of the admin and REST: they say UTC in their own words, and take times as UTC."""
        match = self._request.resolver_match
        return (match is not None and "admin" in match.app_names) or self._request.path.startswith(here("/api/"))

    @property
    def theme(self) -> Theme:
        """Return the person's colours; who is not logged in has those of a cookie."""
        chosen = self.preference.theme or self._request.COOKIES.get(THEME, "")
        return Theme(chosen) if chosen in Theme.values else Theme.SYSTEM


def shown_to(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: while a request is answered, its templates find here how."""

    def respond(request: HttpRequest) -> HttpResponse:
        token = _current.set(Shown(request, is_switched=True))
        try:
            return get_response(request)
        finally:
            _current.reset(token)

    return respond


def current() -> Shown | None:
    """Return how the answer that is being made is shown; None where there is no request."""
    return _current.get()


def zone() -> ZoneInfo:
    """Return the zone of times now; UTC where nobody looks."""
    shown = _current.get()
    return EVEN if shown is None else shown.zone


def theme(request: HttpRequest) -> str:
    """Return the colours for the admin's theme, which calls those of the system `auto`."""
    chosen = Shown(request).theme
    return "auto" if chosen == Theme.SYSTEM else chosen.value


def follow_address(request: HttpRequest) -> None:
    """Show a part that changes by itself as the page around it: its address says the zone. No look at the person."""
    shown = _current.get()
    if shown is not None:
        shown.said = named(request.GET.get(ZONE, "")) or EVEN


def about_job(name: str) -> None:
    """Offer the zone of this name as the job's own; an empty one offers none."""
    shown = _current.get()
    if shown is not None:
        shown.of_job = named(name)
