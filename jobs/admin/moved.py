"""Addresses that the admin once had."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def moved_limits(request: HttpRequest, rest: str) -> HttpResponse:
    """Limits were called lanes: bookmarks, and forms that were open during an upgrade, go where they are now."""
    address = request.get_full_path().replace("/jobs/lane/", "/jobs/limit/", 1)
    return HttpResponseRedirect(address, preserve_request=request.method not in ("GET", "HEAD"))
