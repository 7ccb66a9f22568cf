"""`/metrics` of web, for Prometheus: for who may see all jobs, and for the addresses of JOBS_METRICS_ALLOW."""

from __future__ import annotations

import ipaddress
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from jobs.api.access import HasPermission
from jobs.api.rendering import AsAsked
from jobs.api.views import ApiView
from jobs.conf import conf
from jobs.monitor.figures import OfTheDatabase
from jobs.permissions import VIEW_JOB
from jobs.rights import reach_of
from jobs.web.client_address import address, is_behind_unnamed_proxy

registry = CollectorRegistry(auto_describe=False)
registry.register(OfTheDatabase())

NOT_ALL = (
    "The metrics are about the jobs of all teams: this needs the permission 'jobs.all_teams', and a token without a "
    "list of queues or targets. Or an administrator names the address that asks in JOBS_METRICS_ALLOW."
)


class MayScrape(BasePermission):
    """The caller's address is allowed, or the caller sees all jobs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if is_allowed(request._request):
            return True
        if not request.user.is_authenticated or not HasPermission().has_permission(request, view):
            return False
        if not reach_of(request.user).is_whole:
            raise PermissionDenied(NOT_ALL)
        return True


class Metrics(ApiView):
    """The figures of the database, as text of Prometheus or OpenMetrics."""

    needs: ClassVar[dict[str, str | tuple[str, ...]]] = {"GET": VIEW_JOB}
    permission_classes = [MayScrape]
    content_negotiation_class = AsAsked  # scrapers ask for types of their own
    schema = None  # type: ignore[assignment]  # none of REST's

    def get(self, request: Request) -> HttpResponse:
        """Answer in the format that the scraper prefers. Raises DatabaseError, which is answered 503."""
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return HttpResponse(encode(registry), content_type=content_type, headers={"Cache-Control": "no-store"})


def is_allowed(request: HttpRequest) -> bool:
    """Return whether the setting names the address that asks. One that comes through a proxy which JOBS_PROXIES does
    not name has no address that could be believed."""
    networks = conf().metrics_allow
    if not networks or is_behind_unnamed_proxy(request) or (found := address(request)) is None:
        return False
    caller = ipaddress.ip_address(found)
    return any(caller in ipaddress.ip_network(network) for network in networks)
