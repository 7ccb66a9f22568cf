"""Answers in JSON, each number as it is stored."""

from __future__ import annotations

from typing import Any

from rest_framework import renderers
from rest_framework.utils import encoders

from jobs import exactjson


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
