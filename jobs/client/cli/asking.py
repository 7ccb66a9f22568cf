"""Options that say what a job is, made of the one list of its fields, and what they ask for: read, not judged."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from jobs.client.shapes import JobChanges, NewJob

ASKED: Mapping[str, Any] = get_type_hints(NewJob, include_extras=True)
EDITABLE = tuple(name for name in ASKED if name in JobChanges.__annotations__)
ITSELF = ("target", "payload")  # have words of their own
SINGULAR = {"labels": "label"}  # one at a time
NOTHING = "none"
AT = "@"


class WrongUsage(Exception):
    """Words of a command line that say nothing; the message says what to write."""


def add_fields(parser: ArgumentParser, *, editing: bool) -> None:
    """Add an option for each field that a job has, or that can be edited."""
    group = parser.add_argument_group("fields of the job")
    for name in EDITABLE if editing else ASKED:
        if name in ITSELF:
            continue
        kind, nullable, help_text = _kind(name)
        options: dict[str, Any] = {"dest": name, "help": help_text.replace("%", "%%"), "metavar": _metavar(name, kind)}
        if get_origin(kind) in (list, dict):
            options |= {"action": "append", "metavar": "KEY:VALUE" if get_origin(kind) is dict else options["metavar"]}
            options["help"] += f" Repeat it; '{NOTHING}' alone for none." if editing else " Repeat it."
        elif kind is bool:
            options |= {"nargs": "?", "const": "true", "metavar": "true|false"}
        elif nullable:
            options["help"] = options["help"].replace("Null:", f"'{NOTHING}':")
        group.add_argument(f"--{SINGULAR.get(name, name).replace('_', '-')}", **options)
    group.add_argument(
        "--payload", metavar="JSON", help="all arguments as a JSON object; @FILE reads a file, - standard input"
    )


def asked(options: Mapping[str, Any], *, editing: bool) -> dict[str, Any]:
    """Return what the options ask for, as a body of REST has it: an object from a file first, then what is said beside.
    Whether it is right is for the rules to say. Raises WrongUsage for what cannot be read."""
    found = _object(options["from_file"], "--from") if options.get("from_file") else {}
    for name in EDITABLE if editing else ASKED:
        if name not in ITSELF and options.get(name) is not None:
            found[name] = _value(name, options[name])
    if options.get("payload") is not None:
        found["payload"] = _json(_text(options["payload"], "--payload"), "--payload")
    if options.get("target") is not None:
        found["target"] = options["target"]
    return found


def arguments(words: list[str]) -> dict[str, Any]:
    """Return the arguments of a target that words like `month=11` and `dry:=true` say: text, and JSON after `:=`.
    Raises WrongUsage."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip(":"):
            raise WrongUsage(f"'{word}' is no argument; write name=text, or name:=JSON for a number, true or a list.")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if name in found:
            raise WrongUsage(f"The argument '{name}' is given twice; give it once.")
        found[name] = _json(value, f"{name}:=") if is_json else value
    return found


def _kind(name: str) -> tuple[Any, bool, str]:
    """Return the type of a field without None, whether None is one of its values, and its help."""
    annotated = ASKED[name]
    help_text = annotated.__metadata__[0]
    kinds = get_args(annotated.__origin__) if get_origin(annotated.__origin__) is UnionType else [annotated.__origin__]
    kinds = [kind for kind in kinds if kind is not datetime]
    one = next(kind for kind in kinds if kind is not NoneType)
    return one, NoneType in kinds, help_text


def _metavar(name: str, kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    return {"run_at": "TIME", "waits_for": "ID", "start_within": "SECONDS", "deadline": "SECONDS"}.get(
        name, {int: "NUMBER"}.get(kind, "TEXT")
    )


def _value(name: str, said: Any) -> Any:
    """Return an option's value as JSON has it; what is no number or truth value stays text, for the rules to refuse."""
    kind, nullable, _ = _kind(name)
    if get_origin(kind) is dict:
        return _labels(said)
    if get_origin(kind) is list:
        return [] if said == [NOTHING] else [_plain(get_args(kind)[0], one) for one in said]
    return None if nullable and said == NOTHING else _plain(kind, said)


def _plain(kind: Any, text: str) -> Any:
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind is int:
        try:
            return int(text)
        except ValueError:
            return text
    return text


def _labels(said: list[str]) -> dict[str, str]:
    if said == [NOTHING]:
        return {}
    found: dict[str, str] = {}
    for text in said:
        key, colon, value = text.partition(":")
        if not colon:
            raise WrongUsage(f"'{text}' is no label; write it like team:payroll.")
        found[key] = value
    return found


def _text(said: str, option: str) -> str:
    """Return what is said, or what the named file or standard input holds."""
    if said == "-":
        return sys.stdin.read()
    return _file(said[1:], option) if said.startswith(AT) else said


def _object(path: str, option: str) -> dict[str, Any]:
    found = _json(sys.stdin.read() if path == "-" else _file(path, option), option)
    if not isinstance(found, dict):
        raise WrongUsage(f'{option} must hold a JSON object such as {{"target": "demo.sleep"}}.')
    return found


def _file(path: str, option: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"{option}: {path} cannot be read ({error}); name a file of UTF-8 text.") from None


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"{what} is not JSON ({error}); texts stand in double quotes.") from None
