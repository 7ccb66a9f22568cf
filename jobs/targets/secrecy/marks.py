"""Marks beside the type of an argument that say that its values are secret, and where a target has them."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, NewType, get_args, get_origin, get_type_hints

import pydantic
import typing_extensions  # what pydantic itself knows of Pythons that are newer than ours
from pydantic import AliasChoices, AliasPath, BaseModel, RootModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo


class Secret:
    """Marks an argument whose values only those see who may: `token: Annotated[str, Secret]`."""


@dataclass(frozen=True)
class SecretEntries:
    """Marks an argument that is an object: those of its entries are secret in whose names this is found."""

    names: re.Pattern[str]


Part = type[Secret] | SecretEntries | Mapping[str, Any]  # of a Mapping the values are Parts again
Parts = Mapping[str, Part]
NOTHING: Parts = {}
Within = Mapping[Any, Part | None]  # types that have led here, and what each is where it stands in itself
ALIASES = (typing_extensions.TypeAliasType, getattr(typing, "TypeAliasType", typing_extensions.TypeAliasType))
SECRETS = (SecretStr, SecretBytes, pydantic.Secret)


@cache
def parts_of(model: type[BaseModel]) -> Parts:
    """Return what is secret in arguments of this model, by the names that JSON has for them. Where a part of a list or
    of a union is, all of it is. Of a model that cannot be read everything is: no payload fits it."""
    try:
        model.model_rebuild()
        return _parts(model, {})
    except Exception:  # noqa: BLE001 - whatever a target's own class of arguments raises
        return dict.fromkeys(model.model_fields, Secret)


def is_secret(info: FieldInfo) -> bool:
    """Return whether the field, or a part of it, is secret."""
    part = _marked(info.metadata) or _of_type(info.annotation, {})
    return part is not None and not isinstance(part, SecretEntries)


def _parts(model: type[Any], within: Within) -> Parts:
    """Return its parts. Where it stands in itself all of it is secret, if any of it is."""
    found = _parts_of_fields(model, {**within, model: None})
    return _parts_of_fields(model, {**within, model: Secret}) if found else found


def _parts_of_fields(model: type[Any], within: Within) -> Parts:
    found: dict[str, Part] = {}
    for name, info in _fields(model).items():
        part = _marked(info.metadata) or _of_type(info.annotation, within)
        if part:
            found |= _by_names(name, info, part)
    return found


def _fields(model: type[Any]) -> Mapping[str, FieldInfo]:
    """Return the fields of a model, or of another class that pydantic fills."""
    known: Mapping[str, FieldInfo] | None = getattr(model, "__pydantic_fields__", None)
    if known is not None:
        return known
    hints = get_type_hints(model, include_extras=True)
    return {name: FieldInfo.from_annotation(hint) for name, hint in hints.items() if get_origin(hint) is not ClassVar}


def _by_names(name: str, info: FieldInfo, part: Part) -> Mapping[str, Part]:
    """Return it by each name that JSON may have for the field."""
    known = info.validation_alias
    choices = [name, info.alias, *(known.choices if isinstance(known, AliasChoices) else [known])]
    inside = (one.path[0] for one in choices if isinstance(one, AliasPath))  # of these nobody knows how deep
    return dict.fromkeys((one for one in choices if isinstance(one, str)), part) | dict.fromkeys(
        (one for one in inside if isinstance(one, str)), Secret
    )


def _marked(marks: list[Any]) -> Part | None:
    if any(mark is Secret or isinstance(mark, Secret) for mark in marks):
        return Secret
    return next((mark for mark in marks if isinstance(mark, SecretEntries)), None)


def _of_type(annotation: Any, within: Within) -> Part | None:
    origin = get_origin(annotation)
    if _is_a(origin or annotation, SECRETS):
        return Secret
    if isinstance(annotation, NewType):
        return _of_type(annotation.__supertype__, within)
    if origin is Annotated:
        kind, *marks = get_args(annotation)
        return _marked(marks) or _of_type(kind, within)
    if isinstance(origin or annotation, ALIASES) or _has_fields(annotation):
        return within[origin or annotation] if (origin or annotation) in within else _of_its_own(annotation, within)
    return _of_parts([one for one in get_args(annotation) if one is not type(None)], annotation, within)


def _of_parts(inner: list[Any], annotation: Any, within: Within) -> Part | None:
    parts = [part for one in inner if (part := _of_type(one, within))]
    if not parts:
        return None
    # Of a thing that may be missing it is known which parts are secret.
    return parts[0] if len(inner) == 1 and len(get_args(annotation)) > 1 else Secret


def _of_its_own(annotation: Any, within: Within) -> Part | None:
    """Return what is secret in a class with fields, or in `type Token = ...`; one with brackets is so as a whole."""
    if _is_a(annotation, (RootModel,)):
        root = annotation.model_fields["root"]
        return _marked(root.metadata) or _of_type(root.annotation, {**within, annotation: None})
    if _has_fields(annotation):
        return _parts(annotation, within) or None
    alias, given = get_origin(annotation) or annotation, get_args(annotation)
    parts = [_of_type(one, {**within, alias: None}) for one in (alias.__value__, *given)]
    return (Secret if any(parts) else None) if given else parts[0]


def _is_a(annotation: Any, classes: tuple[type, ...]) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, classes)


def _has_fields(annotation: Any) -> bool:
    """Return whether it is a model, a dataclass, a TypedDict or a NamedTuple."""
    return isinstance(annotation, type) and (
        issubclass(annotation, BaseModel)
        or is_dataclass(annotation)
        or typing_extensions.is_typeddict(annotation)
        or hasattr(annotation, "_field_defaults")
    )
