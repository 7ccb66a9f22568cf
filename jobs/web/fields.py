"""Fields of forms that are made of what rules say of each: they read text; jobs/rules/ judges."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from jobs import rules, targets
from jobs.models import Calendar
from jobs.rights import Reach, target_rules
from jobs.rules.judging import Bounds, Choice, Many, Names
from jobs.web import parsing


class MomentInput(forms.DateTimeInput):
    """The browser's own picker. It wants the T, and keeps what was typed."""

    input_type = "datetime-local"


class WholeField(forms.IntegerField):
    """A whole number; none is the default."""

    def clean(self, value: Any) -> int | None:
        given: int | None = super().clean(value)
        return self.initial if given is None else given


class WordField(forms.ChoiceField):
    """Field for one of some words; nothing chosen is the default."""

    def clean(self, value: Any) -> str:
        given: str = super().clean(value)
        return given or str(self.initial)


class ListField(forms.CharField):
    """Field for words with commas between them, or with `between`."""

    def __init__(self, *, item: Callable[[str], Any] = str.strip, between: str = ",", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._item, self._between = item, between

    def clean(self, value: Any) -> list[Any]:
        try:
            return [self._item(word) for word in super().clean(value).split(self._between) if word.strip()]
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None


class PayloadField(forms.CharField):
    """Field for JSON; nothing is an empty object."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "code"})

    def clean(self, value: Any) -> Any:
        try:
            return parsing.json_value(super().clean(value) or "{}")
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None


class LabelsField(forms.CharField):
    """Field for labels, one a line."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"})

    def clean(self, value: Any) -> dict[str, str]:
        labels: dict[str, str] = {}
        for line in super().clean(value).splitlines():
            if not line.strip():
                continue
            try:
                key, text = (part.strip() for part in parsing.label(line))
            except parsing.Unreadable as error:
                raise ValidationError(str(error)) from None
            if key in labels:
                raise ValidationError(f"'{key[:100]}' is there twice; leave one of its lines out.")
            labels[key] = text
        return labels


def labels_text(labels: Mapping[str, str]) -> str:
    """Return labels as their field has them."""
    return "\n".join(f"{key}: {text}" for key, text in sorted(labels.items()))


# Of what has no rule that says how it is read: its field, and what that has of its own.
READERS: Mapping[Any, tuple[type[forms.Field], Mapping[str, str]]] = {
    bool: (forms.BooleanField, {}),
    dict[str, Any]: (PayloadField, {"initial": "{}"}),
    dict[str, str]: (LabelsField, {"help_text": "What it can be found by, one a line, such as team: payroll."}),
}


def field_of(asked: rules.Asked, *, needed: bool) -> forms.Field:
    """Return the field that reads this one of a list of what can be asked for."""
    help_text = f"{asked.help} Empty: {asked.absent.means}." if asked.absent else asked.help
    known: dict[str, Any] = {"label": asked.label, "required": needed, "help_text": help_text}
    if asked.default not in (dataclasses.MISSING, (), {}):
        known["initial"] = asked.default
    if isinstance(asked.rule, Bounds):
        return WholeField(error_messages={"invalid": asked.rule.not_whole}, **known)
    if isinstance(asked.rule, Choice):
        return WordField(choices=asked.rule.of.choices, **{**known, "help_text": ""})
    if isinstance(asked.rule, Names):  # in which there may be commas
        lines = forms.Textarea(attrs={"rows": 2})
        return ListField(between="\n", widget=lines, **{**known, "help_text": f"{help_text} One in each line."})
    if isinstance(asked.rule, Many):
        return ListField(item=parsing.whole if asked.type == tuple[int, ...] else str.strip, **known)
    field, own = READERS.get(asked.type, (forms.CharField, {}))
    return field(**{**known, **own})


def startable(reach: Reach) -> list[str]:
    """Return the names of the targets to choose from: neither switched off nor given to other teams alone."""
    others = reach.names_of_others("target")
    return [name for name in targets.names() if name not in others and not target_rules.why_switched_off(name)]


def calendar_choices(reach: Reach) -> list[tuple[str, str]]:
    """Return the calendars to choose from, and none."""
    return [("", "none"), *((name, name) for name in Calendar.objects.within(reach).values_list("name", flat=True))]
