"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-08): a structured field's string. What comes
without quotes, as most programs send it, is the same key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

HEADER = "Idempotency-Key"
# RFC 9651, 3.3.3, with parameters behind it (3.1.2), which mean nothing to us.
STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?:;\x20*[a-z*][a-z0-9_.*-]*(?:=[^;,\x22]*)?)*\s*')
ESCAPED = re.compile(r'\\(["\\])')

PARAMETER = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    description="Repeat an uncertain request with the same key: it creates nothing twice. With quotes around it, as a "
    "structured field has them, it is the same key. It is known for 7 days at least (`JOBS_KEEP_IDEMPOTENCY_KEYS`), "
    "and for as long as what it has created is not over; that of a schedule as long as the schedule is there.",
)


def idempotency_key(
    request: Request, made: QuerySet[Any] | None = None, *, behind: Iterable[str] = ("",)
) -> str | None:
    """Return the key; None where there is none, or an empty one. `made`: what this user has made by requests of this
    kind, each with its key and, of many, one of what stands `behind` it. A version that took the quotes for a
    part of the key has kept it with them: a request that was made then is still known by that, and not done twice.

    Raises ValidationError for quotes that do not fit."""
    text = str(request.headers.get(HEADER, ""))
    if not text.startswith('"'):
        return text or None
    found = STRING.fullmatch(text)
    if found is None:
        raise ValidationError(
            {
                "idempotency_key": 'A key that begins with a quote ends with one, and holds ASCII only, " and \\ as '
                '\\" and \\\\; or leave the quotes out.'
            }
        )
    if found[1] and made is not None and made.filter(idempotency_key__in=[f"{text}{one}" for one in behind]).exists():
        return text
    return ESCAPED.sub(r"\1", found[1]) or None
