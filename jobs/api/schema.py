"""Description of operations in the schema: sorted by what they are about, each with an example that works, and with
its refusals."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from django.urls import resolve
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from jobs.api.answers import answers
from jobs.api.headers import deprecation, links
from jobs.api.problems import CONTENT_TYPE

JSON = "application/json"
ANYTHING = {"additionalProperties": True}
ANYTHING_OR_NULL: list[dict[str, str]] = [{}, {"type": "null"}]
TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457.",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "description": "Stable, for programs; docs/problems.md has all.",
        },
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": TEXT,
                    "message": TEXT,
                    "pointer": {
                        "type": "string",
                        "format": "uri-reference",
                        "description": "Where it stands in the body (RFC 6901); missing for what stands elsewhere.",
                        "example": "#/payload/seconds",
                    },
                },
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
CHANGED = {
    **PROBLEM,
    "properties": {
        **PROBLEM["properties"],
        "etag": {"type": "string", "description": "Its version by now, for If-Match."},
        "current": {"type": "object", "description": "What the fields that were sent are by now.", **ANYTHING},
        "changes": {
            "type": "array",
            "items": {"type": "object", **ANYTHING},
            "description": "Of a job: what was asked of it since, the latest first, as `audit` has it.",
        },
    },
    "required": [*PROBLEM["required"], "etag", "current"],
}
RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    response=[429],
    required=True,
    description="Seconds after which there is enough of the budget again.",
)

# What each refusal is called, and when it comes; with others of its status. docs/problems.md has all of them.
PROBLEMS: dict[int, tuple[str, str]] = {
    400: (
        "invalid",
        "What was sent is wrong; `errors` names each field. `parse-error`: it cannot be read at all, such as JSON that "
        "is none. `bad-request`: the request itself is broken.",
    ),
    401: ("not-authenticated", "There is no token and no session. `authentication-failed`: they are not valid."),
    403: (
        "permission-denied",
        "The user may not do this. `code-needed`: this session has to come with an authenticator's code.",
    ),
    404: ("not-found", "There is none at this address."),
    409: (
        "conflict",
        "It is not in a state in which this can be done; `detail` says in which it is. `key-in-use`: the first request "
        "with this Idempotency-Key is still being done.",
    ),
    412: (
        "precondition-failed",
        "It is another version than `If-Match` names; `current` has what it is by now, `etag` the version.",
    ),
    413: ("body-too-large", "The body is larger than it may be."),
    415: ("unsupported-media-type", "The body is of a kind that is not read here."),
    422: ("key-reused", "This Idempotency-Key was used for another request."),
    428: (
        "precondition-required",
        "Say by `If-Match` which version you have seen: the change would go over what somebody else has changed.",
    ),
    503: (
        "database-away",
        "The database cannot be reached; repeat it after Retry-After, with its Idempotency-Key. So for the others: "
        "`database-read-only`, `too-slow` (a statement took too long) and `busy` (too many ask at once).",
    ),
}
ALWAYS = (401, 403, 503)
OF_A_BODY = (400, 413, 415)
TEXTS = {("path", name) for name in ("name", "nominal", "target")}  # that an address may have wrong

# What stands in addresses.
PLACES: dict[str, tuple[str, Any]] = {
    "job_id": ("The id of the job.", 17),
    "target": ("The name of the target.", "demo.sleep"),
    "batch_id": ("The id of the batch.", 3),
    "stop_id": ("The id of the stop.", 3),
    "subscription_id": ("The id of the subscription.", 2),
    "rule_id": ("Of the rule of alerts.", 1),
    "alert_id": ("The id of the alert.", 7),
    "schedule_id": ("The id of the schedule.", 5),
    "operation_id": ("The id of the operation.", 2),
    "nominal": ("The nominal time of the run, with its zone.", "2099-01-01T02:30:00Z"),
    "kind": ("Whether it is a queue or a key.", "queue"),
    "of": ("Whether it is of a queue, a target or a schedule.", "queue"),
    "name": ("Its name.", "default"),
    "session": ("The id of the worker's session.", "7f9c2ba4-e88f-4d1c-9a4b-0c7d4e1f5a60"),
}


class Schema(AutoSchema):
    view: Any  # one of ours: an ApiView

    def get_tags(self) -> list[str]:
        return [self.path.partition("/api/v1/")[2].partition("/")[0]]

    def is_deprecated(self) -> bool:
        """Return whether the table of what is deprecated has this operation."""
        address = resolve(re.sub(r"\{[^}]*\}", "1", self.path)) if deprecation.DEPRECATED else None
        return address is not None and f"{self.method} {address.url_name}" in deprecation.DEPRECATED

    def get_summary(self) -> str:
        """Return the first sentence of the operation's docstring."""
        return re.split(r"[.:;](?:\s|$)", " ".join(super().get_description().split()))[0]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular's
        """Return the operation's docstring, and the permission that it needs."""
        text = " ".join(super().get_description().split())
        named = self.view.needs.get(self.method)
        if named is None:
            return f"{text}\n\nNeeds no permission."
        first, *others = [named] if isinstance(named, str) else named
        own = f", or `{'` or `'.join(others)}` for what is one's own" if others else ""
        return f"{text}\n\nNeeds the permission `{first}`{own}."

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            self._show_places(operation)
            self._show_examples(operation)
            self._show_links(operation)
            self._tell_problems(operation)
        return operation

    def _show_places(self, operation: dict[str, Any]) -> None:
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                parameter["description"], parameter["example"] = PLACES[parameter["name"]]

    def _show_examples(self, operation: dict[str, Any]) -> None:
        """Put into the operation what its view has as an example to send, and what was answered to it."""
        sent = {JSON: self.view.examples.get(self.method), **getattr(self.view, "other_examples", {})}
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if sent.get(kind) is not None:
                content["example"] = sent[kind]
        answer = answers().get(operation["operationId"])
        if answer is not None:
            content = operation["responses"][str(answer["status"])].get("content", {})
            if JSON in content:
                content[JSON]["example"] = answer["body"]

    def _show_links(self, operation: dict[str, Any]) -> None:
        if ("query", "cursor") in {(one["in"], one["name"]) for one in operation.get("parameters", [])}:
            operation["responses"]["200"].setdefault("headers", {}).update(links.DESCRIBED)

    def _tell_problems(self, operation: dict[str, Any]) -> None:
        problem = {"schema": self._problem("Problem", PROBLEM).ref}
        changed = {"schema": self._problem("ChangedProblem", CHANGED).ref}
        for status in sorted(self._statuses(operation)):
            kind, description = PROBLEMS[status]
            example = answers().get(kind, {}).get("body")
            described = changed if status == HTTPStatus.PRECONDITION_FAILED else problem
            content = {CONTENT_TYPE: {**described, **({"example": example} if example else {})}}
            operation["responses"].setdefault(str(status), {"description": description, "content": content})
        operation["responses"]["default"] = {"description": "Any other problem.", "content": {CONTENT_TYPE: problem}}

    def _statuses(self, operation: dict[str, Any]) -> set[int]:
        """Return the refusals that this operation can answer with, beside those that it describes itself."""
        found = set(ALWAYS)
        places = {(parameter["in"], parameter["name"]) for parameter in operation.get("parameters", [])}
        kinds = {where for where, _ in places}
        if "requestBody" in operation:
            found |= {*OF_A_BODY}
        if "query" in kinds or places & TEXTS:
            found.add(400)
        if "path" in kinds:
            found.add(404)
        if ("header", "Idempotency-Key") in places:
            found.add(422)
        if self.method in self.view.conflicts:
            found.add(409)
        if ("header", "If-Match") in places:
            found |= {400, 412}
        found |= set(self.view.refuses.get(self.method, ()))
        return found

    def _problem(self, name: str, schema: dict[str, Any]) -> ResolvedComponent:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=f"jobs.api.{name}"
        )
        self.registry.register_on_missing(component)
        return component


def null_once(result: Any, **kwargs: Any) -> Any:
    """Take null out of alternatives to what may be anything: drf-spectacular says of such a field that it is either
    null or anything, and null is both, so that it would fit none of them."""
    if isinstance(result, list):
        return [null_once(part) for part in result]
    if not isinstance(result, dict):
        return result
    kept = {name: null_once(part) for name, part in result.items()}
    if kept.get("oneOf") == ANYTHING_OR_NULL:
        del kept["oneOf"]
    return kept
