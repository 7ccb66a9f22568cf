"""JSON whose numbers stay as they were written: a fraction is read as a Decimal, not as the nearest float."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import simplejson


def loads(text: str | bytes) -> Any:
    """What the JSON text says. NaN and Infinity, which are no JSON, become floats. Raises ValueError and
    RecursionError."""
    return json.loads(text, parse_float=Decimal)


def dumps(value: object, *, indent: int | None = None) -> str:
    """The JSON text of it, compact unless indented, in Unicode. Raises ValueError for NaN and Infinity, TypeError for
    what is no JSON, and RecursionError."""
    separators = (",", ":") if indent is None else (",", ": ")
    text: str = simplejson.dumps(
        value, use_decimal=True, allow_nan=False, ensure_ascii=False, indent=indent, separators=separators
    )
    return text
