"""The headers Deprecation (RFC 9745) and Sunset (RFC 8594): what of REST shall not be used any more, and until when it
answers. One table for all addresses; the OpenAPI document marks what stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecated:
    """End of an address or of a method of it. `since`: from when on it is deprecated; `until`: the moment after which
    it may be gone, not before `since`; None: not known. `instead`: the page that says what to use."""

    since: datetime
    instead: str
    until: datetime | None = None


#: By the method and the name of the address, such as "GET api-stats". Nothing is deprecated today.
DEPRECATED: Mapping[str, Deprecated] = {}


def of(request: HttpRequest) -> dict[str, str]:
    """Return the headers of an answer to this request; none where it may go on as it is."""
    where = request.resolver_match.url_name if request.resolver_match else ""
    found = DEPRECATED.get(f"{request.method} {where}") if DEPRECATED else None
    if found is None:
        return {}
    headers = {"Deprecation": f"@{int(found.since.timestamp())}"}
    if found.until is not None:
        headers["Sunset"] = http_date(found.until.timestamp())
    return headers | {"Link": f'<{found.instead}>; rel="deprecation"; type="text/html"'}
