"""Answers to people and programs while the database is away or read-only: 503, and when to ask again."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from psycopg.errors import IdleInTransactionSessionTimeout, QueryCanceled

from jobs.events import emit
from jobs.events.web import RequestWithoutDatabase
from jobs.postgresql.session import ReadOnly

AWAY = (OperationalError, InterfaceError)
RETRY_AFTER = {"Retry-After": "5"}  # seconds
TOO_SLOW = "The database took too long over this; nothing was changed. Ask for less at once, or again later."


def took_too_long(error: Exception) -> bool:
    """Return whether the database lives, and has ended a statement or a transaction of ours that took too long."""
    return isinstance(error.__cause__, (QueryCanceled, IdleInTransactionSessionTimeout))


def remedy(error: Exception) -> str:
    """Return what is wrong with the database, and what its operator does. Nothing secret."""
    if isinstance(error, ReadOnly):
        return (
            "The database is read-only: see that its disk has room, that nobody has set it so, and that DATABASE_URL "
            "leads to the primary."
        )
    return "The database does not answer. See that PostgreSQL runs where DATABASE_URL points."


def page(error: Exception) -> HttpResponse:
    """Return the answer for a browser."""
    if took_too_long(error):
        sentence = TOO_SLOW
    else:
        sentence = f"{remedy(error)} Until then nothing is accepted and no job starts; then load this page again."
    return HttpResponse(
        sentence,
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        content_type="text/plain; charset=utf-8",
        headers={**RETRY_AFTER, "Cache-Control": "no-store"},
    )


class DatabaseAway:
    """Middleware: a view that could not reach the database, or write to it, has not failed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for the view. REST's views answer by themselves (jobs/api/problems.py)."""
        if not isinstance(error, AWAY):
            return None
        # The address of a link to a form is its secret: the route says enough.
        match = request.resolver_match
        path = f"/{match.route}" if match is not None and match.route else request.path
        emit(RequestWithoutDatabase(str(request.method), path, error))
        return page(error)
