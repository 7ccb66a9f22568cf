"""The documentation of the API as a page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.response import Response

from jobs.api.rendering import JsonRenderer


class ApiDocs(SpectacularSwaggerSplitView):
    """Swagger UI in a page of ours, which says its language and has no script in it."""

    authentication_classes = []
    template_name = "api/docs.html"

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Tell in JSON what can be done here: the page is about all other addresses."""
        answer: Response = super().options(request, *args, **kwargs)
        request.accepted_renderer = JsonRenderer()
        request.accepted_media_type = JsonRenderer.media_type
        return answer
