"""JSON pointers (RFC 6901) to what is wrong in a body, as URI fragments: `#/payload/month`, as RFC 9457 has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from django.core.exceptions import SuspiciousOperation
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from jobs.targets.sentences import argument_in

WRITING = ("POST", "PUT", "PATCH")
# What a problem calls its fields that stand in headers and addresses.
BESIDE = {"idempotency_key", "If-Match", "nominal_at"}
WHOLE = {"body", "non_field_errors", "__all__", ""}  # fields that are none: all of a body, or of an object in it
OF_ARGUMENTS = "payload"
SAFE = "!$&'()*+,;=:@/?-._~"  # characters that a fragment may have as they are (RFC 3986)


def pointed(errors: Iterable[Mapping[str, str]], request: Request) -> list[dict[str, str]]:
    """Return these mistakes, each with a `pointer` to its place in the body, where it has one there: a filter, a header
    and a name in the address have none. Lines of a bulk request are counted as a list of jobs."""
    body = _body(request)
    beside = {*BESIDE, *request.query_params, *request.parser_context.get("kwargs", {})}
    found = []
    for error in errors:
        path = _path(error, body, beside) if request.method in WRITING else None
        found.append({**error} if path is None else {**error, "pointer": pointer(path)})
    return found


def pointer(path: Iterable[str]) -> str:
    """Return the pointer to what these names and numbers lead to."""
    escaped = (part.replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join(f"/{quote(part.encode(errors='replace'), safe=SAFE)}" for part in escaped)


def _body(request: Request) -> Any:
    try:
        return request.data
    except (APIException, SuspiciousOperation, OSError):
        return None  # it was refused before anybody has read it


def _path(error: Mapping[str, str], body: Any, beside: set[str]) -> list[str] | None:
    field, message = error["field"], error["message"]
    first = field.partition(".")[0]
    if first in beside and not (isinstance(body, Mapping) and first in body):
        return None
    path, value = _followed(field, body)
    if path and path[-1] in WHOLE and not (isinstance(body, Mapping) and path[-1] in body):
        path.pop()
    elif path and path[-1] == OF_ARGUMENTS and (argument := argument_in(message)) is not None:
        path += _followed(argument, value)[0]
    return path


def _followed(dotted: str, value: Any) -> tuple[list[str], Any]:
    """Return the names that lead to what is called so, which may have dots itself, and what is there. Of what is not
    there the dots are those between its names."""
    path: list[str] = []
    while dotted:
        name = max((name for name in _names(value) if _leads(name, dotted)), key=len, default=None)
        if name is None and path and not isinstance(value, Mapping | list) and value is not None:
            break  # what pydantic adds to the name, such as which of several types it has tried
        name = name if name is not None else dotted.partition(".")[0]
        path.append(name)
        dotted = dotted[len(name) + 1 :]
        value = _at(name, value)
    return path, value


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (name for name in value if isinstance(name, str) and name)


def _leads(name: str, dotted: str) -> bool:
    return dotted == name or dotted.startswith(f"{name}.")


def _at(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list) and name.isascii() and name.isdecimal() and int(name) < len(value):
        return value[int(name)]
    return None
