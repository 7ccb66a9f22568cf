"""The list of jobs: which ones are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api.fields import MomentField, Strict, TextField
from jobs.api.paging import BIGGEST_ID
from jobs.models.querysets import FEW, JobQuerySet
from jobs.rules import labels_problems, text_problems
from jobs.states import State
from jobs.web import parsing

TEXT_LIMIT = 255
LOOKUPS = {
    "queue": "queue",
    "target": "target",
    "name": "name",
    "batch": "batch_id",
    "run_at_after": "run_at__gte",
    "run_at_before": "run_at__lt",
    "created_at_after": "created_at__gte",
    "created_at_before": "created_at__lt",
}


@extend_schema_field(OpenApiTypes.STR)
class StatesField(serializers.Field[Any, Any, Any, Any]):
    """States by name or number, separated by commas."""

    def to_internal_value(self, data: str) -> list[State]:
        by_word = {word: state for state in State for word in (state.label, str(state.value))}
        words = [word.strip().lower() for word in data.split(",") if word.strip()]
        unknown = [word for word in words if word not in by_word]
        if unknown:
            known = ", ".join(f"{state.label} ({state.value})" for state in State)
            raise serializers.ValidationError(f"'{unknown[0]}' is no state; known are: {known}.")
        return [by_word[word] for word in words]


class BoundField(MomentField):
    """An end of a range: here nobody else asks for the zone."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            moment = super().to_internal_value(data)
        except serializers.ValidationError:
            if " " not in data:
                raise
            raise serializers.ValidationError(
                "This is not a time; in an address, write the plus sign of a zone as %2B."
            ) from None
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


class PageQuery(Strict):
    """Query string of any list: the page, after the filters of each."""

    what = "filter"
    several: ClassVar[tuple[str, ...]] = ()  # filters that may be given more than once

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return dict(sorted(fields.items(), key=lambda field: field[0] in PageQuery._declared_fields))

    page_size = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=200,
        error_messages={
            "invalid": "This is not a whole number; choose 1 to 200.",
            "max_string_length": "This number is too long; choose 1 to 200.",
            "min_value": "A page has at least 1; choose 1 to 200.",
            "max_value": "A page has at most 200; choose 1 to 200, and follow `next` for more.",
        },
        help_text="How many a page has.",
    )
    cursor = TextField(required=False, help_text="From `next` or `previous` of another page.")
    format = TextField(required=False, help_text="`json`, or `api` for the page of a browser.")


class ListQuery(PageQuery):
    """The query string of the list of jobs. An empty value is no filter."""

    several = ("label",)

    state = StatesField(required=False, help_text="By name or number, several separated by commas: pending,running.")
    queue = WordField(required=False, allow_blank=False, help_text="Exactly this queue.")
    target = WordField(required=False, allow_blank=False, help_text="Exactly this target.")
    name = WordField(required=False, allow_blank=False, help_text="Exactly this name.")
    label = LabelsFilter()  # type: ignore[assignment] # REST framework takes it away
    batch = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; give the id of a batch."},
        help_text="Of this batch.",
    )
    run_at_after = BoundField(required=False, help_text="Due at this time or later.")
    run_at_before = BoundField(required=False, help_text="Due before this time.")
    created_at_after = BoundField(required=False, help_text="Created at this time or later.")
    created_at_before = BoundField(required=False, help_text="Created before this time.")
    history = serializers.BooleanField(
        required=False,
        error_messages={"invalid": "This is neither true nor false; give one of them."},
        help_text="True: those that are over and have left the table of jobs, the last that ended first; not by time.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_time = [name for name in attrs if name.endswith(("_after", "_before"))]
        if attrs.get("history") and by_time:
            raise serializers.ValidationError(
                {by_time[0]: "The history is not listed by this; leave it out, and follow `next` to the time."}
            )
        return attrs


def checked(query: QueryDict, kind: type[PageQuery]) -> Mapping[str, Any]:
    """Return what a query string asks for. Raises ValidationError for a filter that is unknown, wrong or repeated."""
    repeated = [name for name, values in query.lists() if len(values) > 1 and name not in kind.several]
    if repeated:
        raise serializers.ValidationError(
            dict.fromkeys(repeated, "This is given twice; give it once (states can be separated by commas).")
        )
    asked = kind(data=query)
    asked.is_valid(raise_exception=True)
    wanted: Mapping[str, Any] = asked.validated_data
    return wanted


def matching(jobs: JobQuerySet, wanted: Mapping[str, Any]) -> JobQuerySet:
    """Return the jobs that a query string asks for."""
    if wanted.get("state"):
        jobs = jobs.in_state(wanted["state"])
    jobs = jobs.labelled(wanted.get("label", {}))
    return jobs.filter(**{LOOKUPS[name]: value for name, value in wanted.items() if name in LOOKUPS})


def is_indexed(wanted: Mapping[str, Any]) -> bool:
    """Return whether an index leads to the jobs that a query string asks for, or all are asked for."""
    asked = wanted.keys() & {"state", "label", *LOOKUPS}
    few = wanted.get("state") and FEW.issuperset(wanted["state"])
    return bool(not asked or few or asked & {"batch", "label"} or {"run_at_after", "run_at_before"} <= asked)
