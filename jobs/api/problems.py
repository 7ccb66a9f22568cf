"""Refusals as application/problem+json (RFC 9457): what is wrong, where, and what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from jobs import unavailable
from jobs.api.access import HOW_TO_GET_A_TOKEN
from jobs.api.fields import MOST_ERRORS
from jobs.api.pointers import pointed
from jobs.api.refusals import JobsRefused
from jobs.creation_limits import TooFast, TooMany
from jobs.postgresql.session import ReadOnly
from jobs.transitions import KeyInUse, KeyReused
from jobs.transitions.triggers import Busy
from jobs.unavailable import AWAY, RETRY_AFTER
from jobs.web.addresses import here

CONTENT_TYPE = "application/problem+json"
SENTENCE_LIMIT = 600  # characters of a message: it may quote what was sent
IN_A_MOMENT = {"Retry-After": "1"}


@dataclass(frozen=True)
class Problem:
    """Refusal of a request. `kind` is stable, for programs, and stands in docs/problems.md; `detail` is for people."""

    status: int
    kind: str
    detail: str
    errors: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)  # of this kind

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"urn:runat:problem:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": sayable(self.detail),
        }
        if self.errors:
            body["errors"] = [{name: sayable(text) for name, text in error.items()} for error in self.errors]
        return body | self.more


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's exception handler. None for our own mistakes: they are logged and end in `server_error`."""
    problem = problem_of(error)
    if problem is None:
        return None
    request = context["request"]
    problem = replace(problem, errors=pointed(problem.errors, request))
    response = Response(problem.body(), status=problem.status, headers=problem.headers)
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE or not _browsing(request):
        # Whatever the view would have rendered (YAML, a page that asks the database): a problem is JSON.
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = JSONRenderer.media_type
        response.content_type = CONTENT_TYPE
    return response


def _browsing(request: Any) -> bool:
    return getattr(getattr(request, "accepted_renderer", None), "format", None) == "api"


def problem_of(error: Exception) -> Problem | None:  # noqa: PLR0911, PLR0912 - one line a kind of refusal
    match error:
        case exceptions.ValidationError():
            return _invalid(flattened(error.detail))
        case ValidationError():
            return _invalid(flattened(error.message_dict))
        case JobsRefused():
            return Problem(HTTPStatus.BAD_REQUEST, "invalid", str(error), error.errors, more={"wrong": error.wrong})
        case KeyReused():
            detail = (
                "This Idempotency-Key was used for another request: another time, queue, payload or anything else. "
                "Repeat that one as it was, and send each new job or schedule with a new key."
            )
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "key-reused", detail)
        case KeyInUse():
            detail = (
                "The first request with this Idempotency-Key is still being done. Send it again in a moment: it will "
                "be answered with what that has created."
            )
            return Problem(HTTPStatus.CONFLICT, "key-in-use", detail, headers=IN_A_MOMENT)
        case Busy():
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", str(error), headers=RETRY_AFTER)
        case TooFast():
            headers = {"Retry-After": str(error.retry_after)}
            more = {"retry_after_ms": error.retry_after_ms}
            return Problem(HTTPStatus.TOO_MANY_REQUESTS, "too-fast", str(error), headers=headers, more=more)
        case TooMany():
            return _invalid([{"field": "jobs", "message": str(error)}])
        case OperationalError() if unavailable.took_too_long(error):
            again = unavailable.RETRY_AFTER
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "too-slow", unavailable.TOO_SLOW, headers=again)
        case OperationalError() | InterfaceError():
            return _unavailable(error)
        case DataError() | UnicodeEncodeError():
            return Problem(
                HTTPStatus.BAD_REQUEST, "invalid", "This holds a character or a number that cannot be stored."
            )
        case RequestDataTooBig():
            detail = f"{error} Send less at once."
            return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", detail)
        case SuspiciousOperation() | BadRequest():
            return Problem(HTTPStatus.BAD_REQUEST, "bad-request", f"The request cannot be read. {error}")
        case Http404():
            return Problem(HTTPStatus.NOT_FOUND, "not-found", str(error))
        case PermissionDenied():
            return Problem(HTTPStatus.FORBIDDEN, "permission-denied", str(error))
        case exceptions.APIException():
            return _refusal(error)
    return None


def _unavailable(error: Exception) -> Problem:
    again = "try again in a few seconds, with the same Idempotency-Key."
    if isinstance(error, ReadOnly):
        detail = f"The database is read-only; {again}"
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "database-read-only", detail, headers=RETRY_AFTER)
    detail = f"The database cannot be reached; {again}"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "database-away", detail, headers=RETRY_AFTER)


def _invalid(found: Iterable[dict[str, str]]) -> Problem:
    """Make a problem of the first mistakes found: each quotes what was sent, and all must not be more than that."""
    left = iter(found)
    errors = [{name: sayable(text) for name, text in error.items()} for error in islice(left, MOST_ERRORS)]
    detail = " ".join(f"{error['field']}: {error['message']}" for error in errors)
    if next(left, None) is not None:
        detail += f" These are the first {MOST_ERRORS} mistakes; there are more."
    return Problem(HTTPStatus.BAD_REQUEST, "invalid", detail, errors)


def _refusal(error: exceptions.APIException) -> Problem:
    detail = str(error.detail)
    if isinstance(error, exceptions.NotAuthenticated):
        detail = f"This needs a token or a session. {HOW_TO_GET_A_TOKEN}"
    elif isinstance(error, exceptions.AuthenticationFailed):
        detail = f"{detail} {HOW_TO_GET_A_TOKEN}"
    elif isinstance(error, exceptions.UnsupportedMediaType):
        detail += " Send application/json, application/x-www-form-urlencoded or multipart/form-data."
    elif isinstance(error, exceptions.MethodNotAllowed):
        detail += " The header Allow names those that are."
    elif detail.startswith("CSRF Failed"):
        detail += " Send the value of the cookie csrftoken as the header X-CSRFToken, or use a bearer token."
    header = getattr(error, "auth_header", None)  # set by the view for a 401
    return Problem(
        int(error.status_code),
        str(error.default_code).replace("_", "-"),
        detail,
        headers={"WWW-Authenticate": header} if header else {},
        more=getattr(error, "more", {}),  # of ours
    )


def flattened(detail: object, name: str = "") -> Iterator[dict[str, str]]:
    """Flatten nested errors to field and message; a list of objects gives names like `jobs.3.target`."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from flattened(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(detail, list):
        for inner in detail:
            yield from flattened(inner, name)
    else:
        yield {"field": name, "message": str(detail)}


def sayable(text: str) -> str:
    """The text as it can be sent: no half surrogates, and not longer than a person reads."""
    text = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    if len(text) <= SENTENCE_LIMIT:
        return text
    half = SENTENCE_LIMIT // 2
    return f"{text[:half]} ... {text[-half:]}"


# --- what goes wrong beside the views; the last two are Django's handler400 and handler500 ---


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponse:
    """Answer any other path below /api/ with 404. Open, so that a typo does not look like a missing token."""
    hint = "" if request.path.endswith("/") else "Addresses end with a slash. "
    detail = f"There is nothing at {request.path}. {hint}/api/docs/ lists what there is; a job's id is a number."
    return _json(Problem(HTTPStatus.NOT_FOUND, "not-found", detail))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_of_rest(request):
        return _json(Problem(HTTPStatus.BAD_REQUEST, "bad-request", "The request's headers are not acceptable here."))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error of ours, also what a middleware has met, such as a session that could not be saved."""
    error = sys.exc_info()[1]
    if isinstance(error, AWAY):
        problem = problem_of(error)
        return _json(problem) if problem and _is_of_rest(request) else unavailable.page(error)
    if _is_of_rest(request):
        detail = "This is our mistake, and it has been logged; an operator finds it in the log of the web process."
        return _json(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail))
    return defaults.server_error(request)


def _is_of_rest(request: HttpRequest) -> bool:
    return request.path.startswith(here("/api/"))


def _json(problem: Problem) -> JsonResponse:
    return JsonResponse(problem.body(), status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers)
