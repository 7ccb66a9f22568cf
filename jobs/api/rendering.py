"""Answers in JSON, each number as it is stored; and as a page, for a person with a browser."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rest_framework import renderers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request, override_method
from rest_framework.utils import encoders

from jobs import exactjson

ANYTHING = "*/*"
WRITING = ("POST", "PUT", "PATCH", "DELETE")


class ExactEncoder(encoders.JSONEncoder):
    def encode(self, o: Any) -> str:
        return exactjson.dumps(
            o,
            indent=self.indent,
            ascii_only=self.ensure_ascii,
            separators=(self.item_separator, self.key_separator),
            default=self.default,
        )


class JsonRenderer(renderers.JSONRenderer):
    encoder_class = ExactEncoder


@dataclass(frozen=True)
class Sending:
    """Request that the page of an address offers to send. `body`: the documentation's example; None: it has none."""

    method: str
    says: str
    body: str | None


class PageRenderer(renderers.BrowsableAPIRenderer):
    """Page of an address: its answer, and what whoever looks may send there."""

    template = "jobs/api/page.html"

    def get_context(self, data: Any, accepted_media_type: str | None, renderer_context: Any) -> dict[str, Any]:
        view, request, response = (renderer_context[name] for name in ("view", "request", "response"))
        return {
            "name": self.get_name(view),
            "says": _said(view, "GET"),
            "response": response,
            "headers": [*((k, v) for k, v in response.items() if k != "Content-Type"), ("Content-Type", _kind(data))],
            "content": self.get_content(JsonRenderer(), data, JsonRenderer.media_type, renderer_context),
            "sendings": list(self._sendings(view, request)),
        }

    def _sendings(self, view: Any, request: Request) -> Iterator[Sending]:
        for method in WRITING:
            with override_method(view, request, method) as asked:
                if self.show_form_for_method(view, method, asked, None):
                    example = getattr(view, "examples", {}).get(method)
                    body = None if example is None else json.dumps(example, indent=4, ensure_ascii=False)
                    yield Sending(method, _said(view, method), body)


def _kind(data: Any) -> str:
    """Return of what kind the answer is for programs."""
    is_problem = isinstance(data, dict) and str(data.get("type", "")).startswith("urn:runat:problem:")
    return "application/problem+json" if is_problem else JsonRenderer.media_type


def _said(view: Any, method: str) -> str:
    """Return what the documentation says of a method; nothing of one that the view does not have."""
    handler = getattr(view, method.lower(), None)
    return " ".join((inspect.getdoc(handler) or "").split()) if handler else ""


class Negotiation(DefaultContentNegotiation):
    """REST framework's, without its work for those who take anything: nearly all programs."""

    def select_renderer(
        self, request: Request, renderers: Iterable[renderers.BaseRenderer], format_suffix: str | None = None
    ) -> tuple[renderers.BaseRenderer, str]:
        known = list(renderers)
        asked_in_the_address = format_suffix is not None or request.META["QUERY_STRING"]
        takes_it = request.headers.get("accept", ANYTHING) in (ANYTHING, JsonRenderer.media_type)
        if takes_it and isinstance(known[0], JsonRenderer) and not asked_in_the_address:
            return known[0], JsonRenderer.media_type
        return super().select_renderer(request, known, format_suffix)  # type: ignore[no-any-return]


class AsAsked(Negotiation):
    """Negotiation that leaves `format` in the query string to the view."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type
