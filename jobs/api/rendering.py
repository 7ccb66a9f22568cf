"""Answers in JSON, each number as it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import renderers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.utils import encoders

from jobs import exactjson

ANYTHING = "*/*"


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
