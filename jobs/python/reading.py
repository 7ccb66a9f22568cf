"""Values that a program gives, as a body of REST would say them: so both are read, and refused, by the same code."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from enum import Enum
from typing import Any

from pydantic import BaseModel

from jobs import exactjson
from jobs.python.handle import JobHandle

NOT_JSON = "This is not JSON: {why}. Give text, numbers, truth values, lists and objects with texts as names."


class NotJson(Exception):
    """A payload holds what JSON has no word for; the message says what."""


def as_sent(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return these values of fields as JSON has them. Raises NotJson."""
    return {name: _payload(value) if name == "payload" else _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    """Return a moment as its text, any collection as a list, and a handle as the id of its job."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, JobHandle):
        return value.id
    return value.value if isinstance(value, Enum) else value


def _payload(value: Any) -> Any:
    """Return a payload as it will be read from its row: tuples are lists, models of pydantic objects."""
    with suppress(ValueError, RecursionError):  # for the rules to refuse, in their words
        try:
            return exactjson.loads(exactjson.dumps(value, default=_dumped))
        except TypeError as error:
            raise NotJson(NOT_JSON.format(why=str(error)[:200])) from None
    return value


def _dumped(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    raise TypeError(f"{type(value).__name__} is none of its values")
