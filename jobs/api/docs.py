"""The documentation of the API as a page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.response import Response

from jobs.api import openapi
from jobs.api.rendering import JsonRenderer
from jobs.api.views import ApiView


class OfOurs(SchemaGenerator):
    """Generator of the document that leaves out what a project has beside RunAt."""

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()  # type: ignore[no-untyped-call]
        self.endpoints = [one for one in self.endpoints or () if issubclass(one[-1].cls, ApiView)]


class ApiSchema(SpectacularAPIView):
    """The OpenAPI document of our addresses, whatever settings a project has for its own."""

    authentication_classes = []
    schema = None
    generator_class = OfOurs
    custom_settings = openapi.OF_A_VIEW


class ApiDocs(SpectacularSwaggerSplitView):
    """Swagger UI in a page of ours, which says its language and has no script in it."""

    authentication_classes = []
    schema = None
    template_name = "jobs/api/docs.html"

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Tell in JSON what can be done here: the page is about all other addresses."""
        answer: Response = super().options(request, *args, **kwargs)
        request.accepted_renderer = JsonRenderer()
        request.accepted_media_type = JsonRenderer.media_type
        return answer
