"""The JSON body parser: like REST framework's, but it says where the mistake is, and survives deep nesting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.renderers import JSONRenderer

from jobs.api import reading


class JsonParser(BaseParser):
    """JSON is UTF-8 (RFC 8259), whatever charset the header claims."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body: bytes = stream.read()
        try:
            return reading.json_value(body.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8: byte {error.start} is wrong; encode it as UTF-8.") from None
        except reading.Unreadable as error:
            raise ParseError(f"The body cannot be read. {error}") from None


PARSERS = [JsonParser, FormParser, MultiPartParser]
