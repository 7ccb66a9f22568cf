"""Fields of a form that are filled in: one argument each, of a kind that people without JSON can write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from jobs import rules, targets
from jobs.models import Form
from jobs.rules.problems import text_problems
from jobs.targets.sentences import is_of

MOST = 50  # fields of a form
LONGEST_WORDS = 1000  # characters of a label or a help
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
KNOWN = ("name", "label", "kind", "required", "default", "choices", "help")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_lines(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)


KINDS: Mapping[str, Callable[[object], bool]] = {
    "text": _is_text,
    "long_text": _is_text,
    "number": _is_number,
    "yes_no": lambda value: isinstance(value, bool),
    "date": _is_date,
    "lines": _is_lines,
    "choice": lambda value: isinstance(value, str | int) and not isinstance(value, bool) and value != "",
}


@dataclass(frozen=True)
class FreeField:
    """Field of a form. `is_secret`: what is written in it is shown to nobody again."""

    name: str
    label: str
    kind: str
    required: bool
    default: Any
    choices: tuple[Any, ...]
    help: str
    is_secret: bool


def free_fields(form: Form) -> list[FreeField]:
    """Return the fields of a form, in their order."""
    hidden = targets.find(form.target).secret_parts if targets.known(form.target) else {}
    return [
        FreeField(
            name=one["name"],
            label=str(one.get("label") or one["name"]),
            kind=one.get("kind", "text") if one.get("kind") in KINDS else "text",
            required=bool(one.get("required", False)),
            default=one.get("default"),
            choices=tuple(one.get("choices") or ()),
            help=str(one.get("help", "")),
            is_secret=one["name"] in hidden,
        )
        for one in form.free
    ]


def field_problems(form: Form) -> list[str]:
    """Return what is wrong with the definition of its fields, sentences."""
    given: object = form.fields
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return ['Give a list of fields such as [{"name": "month", "label": "Month", "kind": "text"}].']
    if len(given) > MOST:
        return [f"These are {len(given)} fields; {MOST} at most: make two forms of it."]
    found = [problem for one in given if (problem := _problem(one, form))]
    names = [one.get("name") for one in given]
    found += [f"The field '{name}' is there twice; leave one out." for name in _twice(names)]
    return found or _hidden_problems(form)


def _problem(one: Mapping[str, Any], form: Form) -> str:  # noqa: PLR0911 - a sentence each
    name = one.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"{str(name)[:100]!r} is no name of a field; it is that of an argument of the target."
    if unknown := [word for word in one if word not in KNOWN]:
        return f"The field '{name}' has no '{unknown[0][:100]}'; it may have: {', '.join(KNOWN)}."
    if isinstance(form.payload, dict) and name in form.payload:
        return f"The argument '{name}' is fixed in the payload; take it out there, or leave the field out."
    if one.get("kind", "text") not in KINDS:
        return f"The kind of the field '{name}' is one of: {', '.join(KINDS)}."
    for word in ("label", "help"):
        if not isinstance(one.get(word, ""), str) or text_problems(one.get(word, ""), LONGEST_WORDS):
            return f"The {word} of the field '{name}' must be text of at most {LONGEST_WORDS} characters."
    if not isinstance(one.get("required", False), bool):
        return f"Whether the field '{name}' is required is true or false."
    return _value_problem(one, name)


def _value_problem(one: Mapping[str, Any], name: str) -> str:
    kind, choices, default = one.get("kind", "text"), one.get("choices"), one.get("default")
    if kind == "choice":
        if not isinstance(choices, list) or not choices or not all(map(KINDS["choice"], choices)):
            return f"Give the choices of the field '{name}', a list of texts or whole numbers."
        if _twice([str(choice) for choice in choices]):
            return f"A choice of the field '{name}' is there twice; leave one out."
    elif choices is not None:
        return f"The field '{name}' has choices, and its kind is {kind}; choose the kind choice, or leave them out."
    if default is None:
        return ""
    if not KINDS[kind](default) or (kind == "choice" and default not in (choices or ())):
        return f"The default of the field '{name}' is none of the kind {kind}."
    return ""


def _hidden_problems(form: Form) -> list[str]:
    """Return why secret arguments cannot be asked for so: what stands in a form all see who open it. Nor can the
    address be asked for which those go to that are fixed."""
    own = form.payload if isinstance(form.payload, dict) else {}
    fields = free_fields(form)
    return [
        f"The argument '{field.name}' is secret: its field is of the kind text and has no default."
        for field in fields
        if field.is_secret and (field.kind != "text" or field.default is not None)
    ] + [
        f"The argument '{field.name}' says where the secrets of the payload go: put it there, or take these out."
        for field in fields
        if targets.goes_elsewhere(form.target, own, {**own, field.name: field.name})
    ]


def _twice(names: list[Any]) -> list[Any]:
    return sorted({name for name in names if names.count(name) > 1}, key=str)


def unfit_problems(form: Form) -> list[str]:
    """Return what the target does not take of what is fixed and of the defaults, sentences. Those about fields that
    are still to be filled in are left out."""
    left = {field.name for field in free_fields(form) if field.default is None}
    defaults = {field.name: field.default for field in free_fields(form) if field.default is not None}
    known = targets.find(form.target).argument_names
    if unknown := sorted((left | defaults.keys()) - set(known)):
        return [f"{form.target} has no argument '{unknown[0][:100]}'; it takes: {', '.join(known) or 'none'}."]
    problems = rules.argument_problems(form.target, {**defaults, **form.payload})
    return [one for one in problems if not any(is_of(one, name) for name in left)]
