"""Text, times and JSON of a request to Python types, each refused with a sentence. The rules judge the values."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api import reading

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
        known = ", ".join(writable) or "none"
        unknown = set(data) - set(writable) - FORM_EXTRAS
        if unknown:
            raise serializers.ValidationError(
                dict.fromkeys(sorted(unknown), f"There is no {self.what} of this name; known are: {known}.")
            )
        return super().to_internal_value(data)


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
            return reading.moment(data)
        except reading.Unreadable as error:
            raise serializers.ValidationError(str(error)) from None


@extend_schema_field(OpenApiTypes.OBJECT)
class PayloadField(serializers.JSONField):
    """A JSON object; in a form, its text."""

    def to_internal_value(self, data: Any) -> Any:
        if not getattr(data, "is_json_string", False):  # set by JSONField.get_value for what a form carries
            return data
        try:
            return reading.json_value(data.strip() or "{}")
        except reading.Unreadable as error:
            raise serializers.ValidationError(str(error)) from None
