"""REST's fields for what NewJob lists: each reads the type that stands there, and is described as it is there."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import build_choice_description_list, build_choice_field
from rest_framework import serializers

from jobs.api.fields import LabelsField, ListOf, MomentField, PayloadField, TextField
from jobs.rules import ASKED, Asked
from jobs.rules.judging import Bounds, Choice, Many

HELP = {name: {"help_text": asked.help} for name, asked in ASKED.items()}  # for the models' own serializers
Field = serializers.Field[Any, Any, Any, Any]


class WholeField(serializers.IntegerField):
    """A whole number. The rules judge whether it is within its bounds."""

    def __init__(self, *, bounds: Bounds, **kwargs: Any) -> None:
        self.bounds = bounds
        messages = {"invalid": bounds.not_whole, "max_string_length": bounds.too_long}
        super().__init__(**{"error_messages": messages, **kwargs})


class WordField(TextField):
    """Field for one word of an enumeration. The rules judge whether it is."""

    def __init__(self, *, choice: Choice, **kwargs: Any) -> None:
        self.choice = choice
        super().__init__(**kwargs)


class _WholeFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = WholeField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.target.bounds.low, "maximum": self.target.bounds.high}


class _WordFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = WordField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return build_choice_field(serializers.ChoiceField(choices=self.target.choice.of.choices))


class JobIdsField(ListOf):
    """Ids of jobs."""

    default_error_messages = {"not_a_list": "This must be a list of ids, such as [12, 13]."}

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.IntegerField(
            error_messages={
                "invalid": "This is not the id of a job; ids are whole numbers.",
                "max_string_length": "This is not the id of a job; it is too long.",
            }
        )
        super().__init__(**{"child": child, **kwargs})


def field_of(name: str, **changes: Any) -> Field:
    """Return a field that reads this one of NewJob; `changes` are options of REST framework that go over its own."""
    return field_for(ASKED[name], **changes)


def field_for(asked: Asked, **changes: Any) -> Field:
    """Return a field that reads what this describes, as `field_of` does."""
    options: dict[str, Any] = {"help_text": help_of(asked)}
    if asked.default is not dataclasses.MISSING:
        options["default"] = dict if asked.default == {} else asked.default
    if asked.nullable:
        options["allow_null"] = True
    return _reads(asked, {**options, **changes})


def help_of(asked: Asked) -> str:
    """Return a field's help, with what each word or what null means."""
    if isinstance(asked.rule, Choice):
        return f"{asked.help}\n\n{build_choice_description_list(asked.rule.of.choices)}"
    return f"{asked.help} Null: {asked.absent.means}." if asked.absent and asked.nullable else asked.help


_READERS: dict[Any, type[Field]] = {dict[str, Any]: PayloadField, dict[str, str]: LabelsField}


def _reads(asked: Asked, options: dict[str, Any]) -> Field:
    if isinstance(asked.rule, Bounds):
        return WholeField(bounds=asked.rule, **options)
    if isinstance(asked.rule, Choice):
        return WordField(choice=asked.rule, **options)
    if isinstance(asked.rule, Many):
        messages = {"too_many": asked.rule.too_many}
        many = {"most": asked.rule.most, "error_messages": messages, **options, "default": list}
        return JobIdsField(**many) if asked.type == tuple[int, ...] else ListOf(child=TextField(), **many)
    if asked.type is bool:
        said = {"invalid": "This is neither true nor false; give one of them."}
        return serializers.BooleanField(**{"error_messages": said, **options})
    if asked.type is datetime:
        return MomentField(**options)
    return _READERS.get(asked.type, TextField)(**options)
