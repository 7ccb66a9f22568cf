"""Entity tags (RFC 9110): of what version an answer is, whether a caller has it already, and whether he has seen what
he changes.

A tag is `"3-9f2c51d0a8e47b16"`: the version, and a digest of the answer where it is one to GET. Whoever reads again
gets 304 while all of the answer is the same; whoever changes something is asked for the version alone, since a start
that was published meanwhile or a start delay that was told is no reason to refuse an edit.
"""

from __future__ import annotations

import re
from functools import partial
from hashlib import blake2b
from typing import Any

from django.http import HttpResponseNotModified
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

IF_MATCH = "If-Match"
ANY = "*"
DIGEST = 8  # bytes
# Nobody else may keep an answer for its caller, who asks each time whether it is still so.
PRIVATE = {"Cache-Control": "private, no-cache"}
# Weak ones are taken for strong ones: proxies that compress weaken them, and the version in them stays what it was.
TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
TAGS = re.compile(rf"{TAG.pattern}(?:\s*,\s*{TAG.pattern})*")
OF_JOBS = re.compile(r"([0-9]{1,9})(?:-[0-9a-f]+)?")
OF_DEFINITIONS = re.compile(r"([0-9a-f]{16})(?:-[0-9a-f]+)?")

IF_MATCH_PARAMETER = OpenApiParameter(
    IF_MATCH,
    location=OpenApiParameter.HEADER,
    description="The `ETag` that was seen; what is another by now stays as it is (412). `*`: whatever it is by now.",
)
IF_NONE_MATCH_PARAMETER = OpenApiParameter(
    "If-None-Match",
    location=OpenApiParameter.HEADER,
    description="The `ETag` of the answer that the caller has: 304 without a body while it is the same.",
)
ETAG_PARAMETER = OpenApiParameter(
    "ETag",
    location=OpenApiParameter.HEADER,
    response=[200],
    description="For `If-None-Match` and `If-Match`: the version, and of an answer to GET a digest of all of it.",
)
NOT_MODIFIED = OpenApiResponse(description="It is as the caller has it: `If-None-Match`.")


def tag(response: Response, version: object) -> Response:
    """Have the answer to a GET carry its tag, and be 304 where the caller has it already. Asks the database nothing."""
    for name, value in PRIVATE.items():
        response[name] = value
    response.add_post_render_callback(partial(_tagged, str(version)))
    return response


def versioned(response: Response, version: object) -> Response:
    """Have the answer to a change carry the version that there is now, for the next one."""
    response["ETag"] = f'"{version}"'
    return response


def versions_seen(request: Request) -> frozenset[int] | None:
    """Return which versions of a job If-Match names; None: whatever it is. Raises ValidationError."""
    found = _seen(request, OF_JOBS, 'Give the ETag of the job that you have seen, or its `version`, such as "3"; or *.')
    return None if found is None else frozenset(int(one) for one in found)


def tags_seen(request: Request) -> frozenset[str] | None:
    """Return which versions of a definition If-Match names; None: whatever it is. Raises ValidationError."""
    return _seen(request, OF_DEFINITIONS, "Give the ETag that GET has answered with; or *.")


def says_any(request: Request) -> bool:
    """Return whether the caller says that it does not matter to him what he changes."""
    return str(request.headers.get(IF_MATCH, "")).strip() == ANY


def _seen(request: Request, kind: re.Pattern[str], remedy: str) -> frozenset[str] | None:
    text = str(request.headers.get(IF_MATCH, "")).strip()
    if text in ("", ANY):
        return None
    tags = TAG.findall(text) if TAGS.fullmatch(text) else [text]
    found = [kind.fullmatch(one) for one in tags]
    if None in found:
        raise ValidationError({IF_MATCH: remedy})
    return frozenset(one[1] for one in found if one is not None)


def _tagged(version: str, response: Any) -> HttpResponseNotModified | None:
    if response.accepted_renderer.format != "json":
        return None  # a page has what differs from one to the next
    digest = blake2b(response.content, digest_size=DIGEST).hexdigest()
    response["ETag"] = f'"{version}-{digest}"'
    asked = response.renderer_context["request"].headers.get("If-None-Match", "").strip()
    if asked != ANY and f"{version}-{digest}" not in TAG.findall(asked):
        return None
    same = HttpResponseNotModified()
    for name in ("ETag", "Cache-Control", "Vary"):
        if name in response:
            same[name] = response[name]
    return same
