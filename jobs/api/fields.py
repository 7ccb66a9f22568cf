"""Text, times and JSON of a request to Python types, each refused with a sentence. The rules judge the values."""

from __future__ import annotations

from itertools import islice
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils import html

from jobs import targets
from jobs.web import parsing

MOST_NAMED = 5  # unknown names of one object
MOST_ERRORS = 50  # of one answer: however much is wrong with what was sent, nobody reads more
FORM_EXTRAS = {"csrfmiddlewaretoken"}  # what a browser's form carries beside its fields


class Strict(serializers.Serializer[Any]):
    """Refuses names that it does not know, instead of ignoring what somebody has misspelt."""

    what = "field"

    def to_internal_value(self, data: Any) -> Any:
        if not hasattr(data, "keys"):
            kind = "a list" if isinstance(data, list) else f"the {type(data).__name__} {data!r:.40}"
            raise serializers.ValidationError(
                {"body": f'The body must be a JSON object such as {{"target": "demo.noop"}}, not {kind}.'}
            )
        writable = [name for name, field in self.fields.items() if not field.read_only]
        expected = {*writable, *FORM_EXTRAS}
        unknown = sum(name not in expected for name in data)
        if unknown:
            known = ", ".join(writable) or "none"
            others = f", nor of {unknown - MOST_NAMED} others" if unknown > MOST_NAMED else ""
            named = sorted(islice((name for name in data if name not in expected), MOST_NAMED))
            raise serializers.ValidationError(
                dict.fromkeys(named, f"There is no {self.what} of this name{others}; known are: {known}.")
            )
        return super().to_internal_value(data)


class ListOf(serializers.ListField):
    """A list whose length is looked at before its items are, and of whose wrong items the first are named. `most` items
    at most; `too_many` says what to do otherwise."""

    default_error_messages = {
        "not_a_list": "This must be a list.",
        "too_many": "These are {count}; give {most} at most.",
        "none": "There is nothing in the list.",
    }

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def to_internal_value(self, data: Any) -> Any:
        if html.is_html_input(data):
            data = html.parse_html_list(data, default=[])
        if not isinstance(data, list):
            self.fail("not_a_list")
        if not data and not self.allow_empty:
            self.fail("none")
        if len(data) > self.most:
            self.fail("too_many", count=len(data), most=self.most)
        return self.run_child_validation(data)

    def run_child_validation(self, data: list[Any]) -> list[Any]:
        read: list[Any] = []
        errors: dict[str, Any] = {}
        for place, item in enumerate(data):
            try:
                read.append(self.child.run_validation(item))
            except serializers.ValidationError as error:
                errors[str(place)] = error.detail
                if len(errors) > MOST_ERRORS:
                    break  # the answer names no more
        if errors:
            raise serializers.ValidationError(errors)
        return read


class TextField(serializers.CharField):
    """Text as it was sent. Its length and its characters are for the rules to judge."""

    default_error_messages = {"invalid": "This must be text in quotes."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_blank": True, "trim_whitespace": False, **kwargs})
        self.validators = []

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field[Any, Any, Any, Any]):
    """An ISO 8601 time; naive where it names no zone, for the rules to refuse."""

    default_error_messages = {"invalid": "This must be a time as text, like 2026-12-31T23:59:00Z."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return parsing.moment(data)
        except parsing.Unreadable as error:
            raise serializers.ValidationError(str(error)) from None


@extend_schema_field(
    {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "enum": [parsing.NOW]}], "default": "now"}
)
class StartField(MomentField):
    """A time, or None for "now" and where it is left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"default": None, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        return None if data == parsing.NOW else super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.OBJECT)
class PayloadField(serializers.JSONField):
    """A JSON object; in a form, its text."""

    def to_internal_value(self, data: Any) -> Any:
        if not getattr(data, "is_json_string", False):  # set by JSONField.get_value for what a form carries
            return data
        try:
            return parsing.json_value(data.strip() or "{}")
        except parsing.Unreadable as error:
            raise serializers.ValidationError(str(error)) from None


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class LabelsField(PayloadField):
    """Labels: a JSON object of texts; in a form, its text."""


class ShownPayloadField(serializers.JSONField):
    """Payload as it is shown: with a text in the place of each secret value, unless the context says that they are
    shown. Only what is read by itself, by whoever may see secrets, says so: no list, and no answer to a change."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, "source": "*", **kwargs})

    def to_representation(self, value: Any) -> Any:
        target = value.target if hasattr(value, "target") else value.schedule.target
        return targets.shown(target, value.payload, sees_secrets=self.context.get("shows_secrets", False))
