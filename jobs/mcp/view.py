"""The address `/mcp/`: one message of MCP by POST, answered as a whole, with the tokens and rights of REST."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.authentication import BearerAuthentication
from jobs.api.problems import CONTENT_TYPE, Problem
from jobs.api.rendering import AsAsked, JsonRenderer
from jobs.api.views import ApiView
from jobs.permissions import ADD_JOB, VIEW_JOB

HOW_TO_INSTALL = (
    "This installation serves no MCP: the package mcp is missing. Install requirements-mcp.txt in the place of "
    "requirements.txt, or the extra runat[mcp]."
)


class Mcp(ApiView):
    """Endpoint of MCP's streamable HTTP, without sessions: each message brings its token, as each request of REST
    does. No cookie counts, so that no page of somebody else's can have a browser ask."""

    needs = {"POST": (VIEW_JOB, ADD_JOB)}
    authentication_classes = [BearerAuthentication]
    content_negotiation_class = AsAsked  # MCP's clients accept event streams, too
    renderer_classes = [JsonRenderer]

    @extend_schema(exclude=True)
    def post(self, request: Request) -> HttpResponse | Response:
        """Answer one message."""
        try:
            from jobs.mcp.serving import answer  # noqa: PLC0415 - the SDK is an extra, and takes a second to import
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
                raise
            missing = Problem(HTTPStatus.NOT_IMPLEMENTED, "no-mcp", HOW_TO_INSTALL)
            return Response(missing.body(), status=missing.status, content_type=CONTENT_TYPE)
        answered = answer(request)
        return HttpResponse(answered.content, status=answered.status, headers=answered.headers)
