"""Logins: wrong passwords are counted by user and address (django-axes), and few passwords are looked at at once."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from jobs.web.appearance.person import WithPreference
from jobs.web.client_address import address

# A look at a password takes a core for a good part of a second, by design. One at a time leaves the others to those
# who are logged in, and a queue of three leaves them most of the threads.
AT_THE_DOOR = threading.BoundedSemaphore(3)
ONE_AT_A_TIME = threading.Lock()
BUSY_FOR = 2  # seconds


class DoorIsBusy(Exception):
    """More people log in at this moment than are let in; nothing was looked at, and nothing counted."""


class PasswordBackend(WithPreference):
    """Django's own, one password at a time. Raises DoorIsBusy when three wait already."""

    def authenticate(self, request: HttpRequest | None, *args: Any, **credentials: Any) -> Any:
        if not AT_THE_DOOR.acquire(blocking=False):
            raise DoorIsBusy
        try:
            with ONE_AT_A_TIME:
                return super().authenticate(request, *args, **credentials)
        finally:
            AT_THE_DOOR.release()


class Door:
    """Middleware: says so to those who are not let in because many log in at this moment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DoorIsBusy):
            return None
        said = f"Many people log in at this moment. Your password was not looked at: try again in {BUSY_FOR} seconds."
        return _refused(request, said, BUSY_FOR)


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """AXES_LOCKOUT_CALLABLE: the page for whoever has given too many wrong passwords."""
    username = get_client_username(request, credentials)
    last = (
        AccessAttempt.objects.filter(username=username, ip_address=address(request)).order_by("-attempt_time").first()
    )
    free: timedelta = settings.AXES_COOLOFF_TIME - (timezone.now() - last.attempt_time if last else timedelta())
    seconds = max(1, math.ceil(free.total_seconds()))
    until = f"{timezone.now() + timedelta(seconds=seconds):%H:%M:%S} UTC"
    said = (
        f"{settings.AXES_FAILURE_LIMIT} wrong passwords or codes for this user came from your address. Try again at "
        f"{until}, in {seconds} seconds. An administrator can let you in sooner, in the admin under Access attempts."
    )
    return _refused(request, said, seconds)


def _refused(request: HttpRequest, sentence: str, seconds: int) -> HttpResponse:
    page = render(request, "login_refused.html", {"refusal": sentence}, status=429)
    page["Retry-After"] = str(seconds)
    return page
