"""Addresses that the admin once had."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


def moved_limits(request: HttpRequest, rest: str) -> HttpResponse:
    """Limits were called lanes: bookmarks, and forms that were open during an upgrade, go where they are now."""
    address = request.get_full_path().replace("/jobs/lane/", "/jobs/limit/", 1)
    return HttpResponseRedirect(address, preserve_request=request.method not in ("GET", "HEAD"))


def moved_limit_audit(request: HttpRequest) -> HttpResponse:
    """The audit of limits had pages of its own. Its rows have other ids in the one audit, so all lead to the list."""
    return HttpResponseRedirect(reverse("audit"))
