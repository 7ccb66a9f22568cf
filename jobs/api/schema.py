"""How an operation is described: sorted by what it is about, and with the shape of its refusals."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

TEXT = {"type": "string"}
PROBLEM = {
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


class Schema(AutoSchema):
    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            content = {"application/problem+json": {"schema": PROBLEM}}
            operation["responses"]["default"] = {"description": "A problem", "content": content}
        return operation
