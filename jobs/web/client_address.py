"""The address of whoever asks, also through proxies that JOBS_PROXIES names."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest

from jobs.conf import conf


def address(request: HttpRequest) -> str | None:
    """Return whoever speaks to us; behind the proxies of JOBS_PROXIES, whoever speaks to them.

    None where that is no address. Read from the right, since what stands left of our own proxies' entries was written
    by the caller.
    """
    speaker = str(request.META.get("REMOTE_ADDR") or "")
    before = [part.strip() for part in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    while _is_proxy(speaker) and before and _parsed(before[-1]) is not None:
        speaker = before.pop()
    found = _parsed(speaker)
    return None if found is None else str(found)


def is_behind_unnamed_proxy(request: HttpRequest) -> bool:
    """Return whether whoever speaks to us speaks for another, and JOBS_PROXIES does not name them: their address says
    nothing of who asks."""
    return "HTTP_X_FORWARDED_FOR" in request.META and not _is_proxy(str(request.META.get("REMOTE_ADDR") or ""))


def _is_proxy(text: str) -> bool:
    found = _parsed(text)
    return found is not None and any(found in ipaddress.ip_network(proxy) for proxy in conf().proxies)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
