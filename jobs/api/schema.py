"""Description of operations in the schema: sorted by what they are about, and with the shape of their refusals."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457.",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Stable, for programs."},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": TEXT, "message": TEXT},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}

TOO_FAST = {
    **PROBLEM,
    "properties": {
        **PROBLEM["properties"],
        "retry_after_ms": {"type": "integer", "description": "As Retry-After, in milliseconds."},
    },
    "required": [*PROBLEM["required"], "retry_after_ms"],
}
RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    response=[429],
    required=True,
    description="Seconds after which there is enough of the budget again.",
)


class Schema(AutoSchema):
    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            content = {"application/problem+json": {"schema": PROBLEM}}
            operation["responses"]["default"] = {"description": "A problem", "content": content}
        return operation
