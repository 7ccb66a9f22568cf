"""TLS that a proxy speaks for us. Django leads plain requests to it; one that came by it, through a proxy that nobody
has named, would be led in circles."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def unnamed_proxy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: tells the operator which address is missing in JOBS_PROXIES."""

    def respond(request: HttpRequest) -> HttpResponse:
        is_led = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        says_tls = request.headers.get("X-Forwarded-Proto") == "https"
        if not is_led or not says_tls or _is_exempt(request.path.lstrip("/")):
            return get_response(request)
        speaker = request.META.get("REMOTE_ADDR") or "an address that is not known"
        said = (
            f"This request came by TLS, says {speaker}, and JOBS_PROXIES does not name that address: set it to the "
            "addresses of your proxy, and start web again.\n"
        )
        return HttpResponse(said, status=421, content_type="text/plain")

    return respond


def _is_exempt(path: str) -> bool:
    return any(re.search(pattern, path) for pattern in settings.SECURE_REDIRECT_EXEMPT)
