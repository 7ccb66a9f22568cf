"""Changing parts of pages: taken once in a while for all who see the same, and answered 304 while nothing has
happened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextvars import copy_context
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import uuid4

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control

from jobs.kept import renewed
from jobs.models.querysets.seeing_alike import name_of
from jobs.monitor.access import is_known, may_look
from jobs.monitor.cached_page import PATIENCE, SHOWN_FOR, CachedPage
from jobs.rights import Reach
from jobs.web.appearance import shown

KEPT_FOR = 2  # seconds
MARK = "runat-parts"


class Part(NamedTuple):
    """Content of a changing part. `facts` are what counts as news; the template has `context`, and no request: all who
    see the same get the same."""

    template: str
    context: Mapping[str, Any]
    facts: object


def rendered(name: str, reach: Reach, take: Callable[[], Part]) -> CachedPage:
    """Return the part of this name, by the clocks of whoever asks: at most KEPT_FOR seconds old, or SHOWN_FOR while a
    newer one is being taken. Raises what `take` raises."""
    zone, context = shown.zone().key, copy_context()  # beside those who ask, too

    def render() -> CachedPage:
        part = take()
        etag = hashlib.blake2b(repr((part.facts, zone)).encode(), digest_size=12).hexdigest()
        return CachedPage(f'"{etag}"', render_to_string(part.template, dict(part.context)))

    key = hashlib.blake2b(name.encode(), digest_size=12).hexdigest()
    name, longest = f"runat-part-{key}-{zone}{seen_by(reach)}", max(SHOWN_FOR, KEPT_FOR)
    return renewed(name, lambda: context.run(render), fresh=KEPT_FOR, shown=longest, wait=PATIENCE)


def seen_by(reach: Reach) -> str:
    """Return the end of the names under which it is kept what this reach sees: another one after each `forget`."""
    who = name_of(reach)
    return f"{who}-{cache.get(MARK + who, '')}"


def forget(reach: Reach) -> None:
    """Have this viewer, and who sees the same by this process, see what has just been changed."""
    cache.set(MARK + name_of(reach), uuid4().hex[:12], timeout=3600)


def answer(request: HttpRequest, whole_page: str, of: Callable[[Reach], CachedPage]) -> HttpResponse:
    """Answer with the part alone, or that nothing has happened. The login is asked for by the whole page."""
    shown.follow_address(request)
    reach = may_look(request)
    if reach is None or reach.own_only:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": whole_page})
    seen = of(reach)
    response = HttpResponseNotModified() if is_known(request, seen.etag) else HttpResponse(seen.html)
    response["ETag"] = seen.etag
    patch_cache_control(response, private=True, no_cache=True)
    return response
