"""Parsers of request bodies: UTF-8, whatever charset the header claims, and nothing is replaced silently."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from jobs.api.rendering import JsonRenderer
from jobs.web import parsing

Context = Mapping[str, Any] | None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8: byte {error.start} is wrong; encode it as UTF-8.") from None


class JsonParser(parsers.BaseParser):
    """Says where the mistake is, and survives deep nesting."""

    media_type = "application/json"
    renderer_class = JsonRenderer

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:
        try:
            return parsing.json_value(_text(stream.read()))
        except parsing.Unreadable as error:
            raise ParseError(f"The body cannot be read. {error}") from None


class FormParser(parsers.FormParser):
    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:
        body = stream.read()
        _text(unquote_to_bytes(body))
        return super().parse(BytesIO(body), media_type, parser_context)


class MultiPartParser(parsers.MultiPartParser):
    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:
        body = stream.read()
        _text(body)  # a file may be anything, but no field of ours is a file
        return super().parse(BytesIO(body), media_type, parser_context)


PARSERS = [JsonParser, FormParser, MultiPartParser]
