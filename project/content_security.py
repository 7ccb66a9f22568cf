"""Content-Security-Policy of all pages: they load files served from here, nothing inline; what slips in is not run."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# Not written by us: the admin's theme evaluates expressions in its pages, the API's documentation has inline scripts.
NOT_OURS = ("/admin/", "/api/docs/")


def content_security(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: adds the policy to each of our own pages."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if _is_ours(request.path, response):
            response.headers["Content-Security-Policy"] = POLICY
        return response

    return respond


def _is_ours(path: str, response: HttpResponse) -> bool:
    if path.startswith("/api/"):  # programs need no policy
        return response.headers.get("Content-Type", "").startswith("text/html") and not path.startswith(NOT_OURS)
    return not path.startswith(NOT_OURS)
