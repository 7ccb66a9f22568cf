"""The page for somebody who may not do what he asked for."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def refuse(request: HttpRequest, refusal: str) -> HttpResponse:
    """Answer 403, with a sentence that says what is missing; the audit has it where a change was refused."""
    response = render(request, "jobs/refused.html", {"refusal": refusal}, status=HTTPStatus.FORBIDDEN)
    response.refusal = refusal  # type: ignore[attr-defined]
    return response
