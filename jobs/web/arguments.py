"""Fields for the arguments of a target, taken from its signature; each reads text, and the target judges the values.

What is left empty is not given. A number stays as it was written.
"""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from django import forms
from django.core.exceptions import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from jobs import exactjson, targets
from jobs.secrets.references import MARK, is_reference
from jobs.targets.secrecy.marks import is_secret
from jobs.web import parsing

PREFIX = "argument-"  # of the fields' names
ABSENT: Any = object()  # nothing was given
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
YES_NO = {"yes": True, "no": False}
BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


class Argument(forms.CharField):
    """Text as it is. `shown` is what stands in the field for a value; None for one that it cannot show."""

    widget: forms.Widget = forms.Textarea(attrs={"rows": 1, "class": "line"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).replace("\r\n", "\n")
        return self.read(text) if text.strip() or (text and type(self) is Argument) else ABSENT

    def read(self, text: str) -> Any:
        """Return the text, or the reference to a secret that is written in its place."""
        if MARK not in text:
            return text
        try:
            value = parsing.json_value(text)
        except parsing.Unreadable:
            return text
        return value if is_reference(value) else text

    def shown(self, value: Any) -> str | None:
        if is_reference(value):
            return exactjson.dumps(value)
        return value if isinstance(value, str) and value and "\r" not in value else None


class NumberArgument(Argument):
    """Field for a number, which stays as it was written."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def read(self, text: str) -> Any:
        if not NUMBER.fullmatch(text.strip()):
            raise ValidationError("This is not a number; write it like 12 or 0.5.")
        return _json(text)

    def shown(self, value: Any) -> str | None:
        return exactjson.dumps(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


class WordArgument(Argument):
    """Field for one of a few values, by the words for them."""

    def __init__(self, *, values: Mapping[str, Any], **kwargs: Any) -> None:
        choices = [("", "not given"), *((word, word) for word in values)]
        super().__init__(widget=forms.Select(choices=choices), **kwargs)
        self._values = values

    def read(self, text: str) -> Any:
        if text not in self._values:
            raise ValidationError("Choose one of the list.")
        return self._values[text]

    def truth(self, truth: bool, text: str) -> Any:
        """Return this truth where that is one of the values; else what the text says."""
        return truth if any(value is truth for value in self._values.values()) else self.read(text)

    def shown(self, value: Any) -> str | None:
        same = (word for word, one in self._values.items() if type(one) is type(value) and one == value)
        return next(same, None)


class LinesArgument(Argument):
    """Field for a list of texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def read(self, text: str) -> Any:
        return [line for line in text.split("\n") if line.strip()]

    def shown(self, value: Any) -> str | None:
        lines = isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)
        text = "\n".join(value) if lines else ""
        return text if text and "\r" not in text and text.split("\n") == value else None


class JsonArgument(Argument):
    """Field for anything else, as JSON."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"})

    def read(self, text: str) -> Any:
        return _json(text)

    def shown(self, value: Any) -> str | None:
        return exactjson.dumps(value, indent=2)


def fields_of(name: str) -> dict[str, Argument] | None:
    """Return the fields for the arguments of this target, by the arguments' names; None where there is no such target,
    or nobody knows what it takes."""
    try:
        model = targets.find(name).arguments
    except targets.UnknownTarget:
        return None
    if model.model_config.get("extra") == "allow":
        return None
    return {info.alias or name: _field(info.alias or name, info) for name, info in model.model_fields.items()}


def docstring(name: str) -> str:
    """Return what the target says of itself; empty for one that is not there."""
    try:
        found = targets.find(name)
    except targets.UnknownTarget:
        return ""
    whole = inspect.getdoc(found.call) if inspect.isroutine(found.call) else None
    return whole or found.summary


def read(fields: Mapping[str, Argument], sent: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the payload that was typed in the fields, and whether something in it cannot be read."""
    payload: dict[str, Any] = {}
    wrong = False
    for name, field in fields.items():
        try:
            value = field.clean(sent.get(PREFIX + name))
        except ValidationError:
            wrong = True
        else:
            if value is not ABSENT:
                payload[name] = value
    return payload, wrong


def shown(payload: object, fields: Mapping[str, Argument]) -> tuple[dict[str, str], list[str]]:
    """Return what stands in the fields for this payload, and the names of what they cannot show."""
    if not isinstance(payload, dict):
        return {}, ["all of it"]
    texts: dict[str, str] = {}
    left: list[str] = []
    for name, value in payload.items():
        text = fields[name].shown(value) if name in fields else None
        if text is None:
            left.append(name)
        else:
            texts[name] = text
    return texts, left


def _field(name: str, info: FieldInfo) -> Argument:
    annotation = _plain(info.annotation)
    known = {"label": name, "help_text": _help(info)}
    if values := _values(annotation):
        return WordArgument(values=values, **known)
    if annotation in (int, float, Decimal):
        return NumberArgument(**known)
    if annotation in (date, datetime):
        example = "2026-12-24" if annotation is date else "2026-12-24T18:00:00+01:00"
        return Argument(**{**known, "help_text": f"Such as {example}. {known['help_text']}"})
    if annotation is str:
        return Argument(**known)
    if get_origin(annotation) is list and [_plain(one) for one in get_args(annotation)] == [str]:
        return LinesArgument(**{**known, "help_text": f"One in each line. {known['help_text']}"})
    return JsonArgument(**{**known, "help_text": f"As JSON. {known['help_text']}"})


def _plain(annotation: Any) -> Any:
    """Return the type without what stands beside it, and without None where it is one or none."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        others = [one for one in get_args(annotation) if one is not NoneType]
        return _plain(others[0]) if len(others) == 1 else annotation
    return annotation


def _values(annotation: Any) -> dict[str, Any]:
    """Return the values to choose from, by the words for them; empty where they are not a few."""
    found: Sequence[Any] = ()
    if annotation is bool:
        return YES_NO
    if get_origin(annotation) is Literal:
        found = get_args(annotation)
    elif inspect.isclass(annotation) and issubclass(annotation, enum.Enum):
        found = [one.value for one in annotation]
    good = all(isinstance(one, str | int) and not isinstance(one, bool) and one != "" for one in found)
    return {str(one): one for one in found} if good and len({str(one) for one in found}) == len(found) else {}


def _help(info: FieldInfo) -> str:
    parts = [info.description or ""]
    bounds = [
        f"{words} {getattr(one, name)}" for one in info.metadata for name, words in BOUNDS.items() if hasattr(one, name)
    ]
    if bounds:
        parts.append(f"{', '.join(bounds).capitalize()}.")
    parts.append("Needed." if info.is_required() else f"Empty: {_default(info)}.")
    return " ".join(part for part in parts if part)


def _default(info: FieldInfo) -> str:
    if info.default is PydanticUndefined:
        return "its default"
    if info.default is None:
        return "none"
    if info.default != "" and is_secret(info):
        return "its default"
    if isinstance(info.default, bool):
        return "yes" if info.default else "no"
    try:
        return str(info.default) or "empty text"
    except Exception:  # noqa: BLE001 - a default may be any object
        return "its default"


def _json(text: str) -> Any:
    try:
        return parsing.json_value(text)
    except parsing.Unreadable as error:
        raise ValidationError(str(error)) from None
