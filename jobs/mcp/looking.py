"""Looks by REST's own views, in the name of whoever asks: what a tool shows is what REST shows him, by the same rights
and with the same hidden arguments. What is too much for an answer of a tool is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.core.handlers.asgi import ASGIRequest
from rest_framework.request import Request
from rest_framework.views import APIView

LONGEST_TEXT = 1500  # characters of a text in an answer


class Refused(Exception):
    """Refusal of a tool, in the sentence that REST has for it."""


def look(caller: Request, view: type[APIView], query: Mapping[str, Any] | None = None, **address: Any) -> Any:
    """Return what this view of REST answers the caller to GET. Raises Refused."""
    given = {name: value for name, value in (query or {}).items() if value is not None}
    asked: Any = ASGIRequest(_scope(caller, urlencode(given, doseq=True)), BytesIO())
    # REST framework's own way to say who asks, for whoever has looked already.
    asked._force_auth_user, asked._force_auth_token = caller.user, caller.auth
    answer: Any = view.as_view()(asked, **address)
    data = answer.data
    if answer.status_code >= 400:
        raise Refused(str(data.get("detail", "This cannot be answered.")))
    return data


def _scope(caller: Request, query: str) -> dict[str, Any]:
    """Return a request without conditions, by the same host as the caller's."""
    host = caller.get_host().encode("latin-1", "replace")
    scope = {"type": "http", "method": "GET", "path": caller.path, "query_string": query.encode()}
    return {**scope, "scheme": caller.scheme, "headers": [(b"host", host), (b"accept", b"application/json")]}


def only(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return these fields of a row, those that say something."""
    return {name: short(row[name]) for name in names if row.get(name) not in (None, "", [], {})}


def short(value: Any) -> Any:
    """Return the value with its texts cut off where they are long."""
    if isinstance(value, str):
        more = len(value) - LONGEST_TEXT
        return value if more <= 0 else f"{value[:LONGEST_TEXT]} ... and {more:,} more characters"
    if isinstance(value, Mapping):
        return {name: short(one) for name, one in value.items()}
    return [short(one) for one in value] if isinstance(value, list | tuple) else value
