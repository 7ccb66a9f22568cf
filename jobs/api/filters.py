"""Filters of lists: what each may be, refused with a sentence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api.fields import MomentField, TextField
from jobs.clock import clock
from jobs.rules import labels_problems, text_problems
from jobs.states import State
from jobs.web import parsing
from jobs.web.filter_text import nearest

TEXT_LIMIT = 255
RELATIVE = "^((now|today|yesterday|tomorrow)([+-][0-9]{1,6}[smhdw])?|[+-][0-9]{1,6}[smhdw])$"  # as parsing has it
LONGEST = 10 * 365 * 86_400  # seconds


@extend_schema_field(OpenApiTypes.STR)
class StatesField(serializers.Field[Any, Any, Any, Any]):
    """States by name or number, separated by commas."""

    def to_internal_value(self, data: str) -> list[State]:
        by_word = {word: state for state in State for word in (state.label, str(state.value))}
        words = [word.strip().lower() for word in data.split(",") if word.strip()]
        unknown = [word for word in words if word not in by_word]
        if unknown:
            known = ", ".join(f"{state.label} ({state.value})" for state in State)
            near = nearest(unknown[0], by_word)
            raise serializers.ValidationError(f"'{unknown[0]}' is no state; {near}known are: {known}.")
        return [by_word[word] for word in words]


@extend_schema_field({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "pattern": RELATIVE}]})
class BoundField(MomentField):
    """An end of a range: here nobody else asks for the zone. Also a moment that moves: `today` (UTC), `-24h`."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            if isinstance(data, str) and parsing.is_relative(data):
                return parsing.relative(data, self.context.get("now") or clock.current())
        except parsing.Unreadable as error:
            raise serializers.ValidationError(str(error)) from None
        try:
            moment = super().to_internal_value(data)
        except serializers.ValidationError:
            if " " not in data:
                raise
            raise serializers.ValidationError(
                "This is not a time; in an address, write the plus sign of a zone as %2B."
            ) from None
        return self.in_zone(moment)

    def in_zone(self, moment: datetime) -> datetime:
        """Return the moment, if it says where."""
        if moment.tzinfo is None:
            raise serializers.ValidationError("This time has no zone; write it like 2026-12-31T23:59:00Z.")
        return moment


class WordField(TextField):
    """Text that is compared with a column."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        problems = text_problems(text, TEXT_LIMIT)
        if problems:
            raise serializers.ValidationError(problems)
        return text


class SecondsField(serializers.FloatField):
    """Seconds: how late something is, at least."""

    default_error_messages = {
        "invalid": "This is not a number; give seconds, such as 5 or 0.5.",
        "range": f"Give seconds, 0 to {LONGEST:,}.",
    }

    def to_internal_value(self, data: Any) -> float:
        seconds = super().to_internal_value(data)
        if not 0 <= seconds <= LONGEST:
            self.fail("range")
        return seconds


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class LabelsFilter(serializers.Field[Any, Any, Any, Any]):
    """Labels, each as key:value, that are all wanted."""

    def __init__(self) -> None:
        super().__init__(required=False, help_text="With this label, as key:value; given several times, with all.")

    def get_value(self, dictionary: Any) -> Any:
        given = [text for text in dictionary.getlist(self.field_name) if text]
        return given or serializers.empty

    def to_internal_value(self, data: list[str]) -> dict[str, str]:
        wanted: dict[str, str] = {}
        for text in data:
            try:
                key, value = parsing.label(text)
            except parsing.Unreadable as error:
                raise serializers.ValidationError(str(error)) from None
            if wanted.setdefault(key, value) != value:
                raise serializers.ValidationError(f"Nothing has two values of '{key[:100]}'; give one of them.")
        if problems := labels_problems(wanted):
            raise serializers.ValidationError(problems)
        return wanted
