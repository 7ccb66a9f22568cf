"""JSON whose numbers stay as they were written: a fraction is read as a Decimal, not as the nearest float."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import simplejson

COMPACT = (",", ":")
_DECODER = json.JSONDecoder(parse_float=Decimal)  # made once: `json.loads` makes one for each text


def loads(text: str | bytes) -> Any:
    """Return what the JSON text says; NaN and Infinity become floats. Raises ValueError and RecursionError."""
    if isinstance(text, bytes) or text.startswith("\ufeff"):
        return json.loads(text, parse_float=Decimal)  # finds out its encoding, and refuses what is before the text
    return _DECODER.decode(text)


def dumps(
    value: object,
    *,
    indent: int | str | None = None,
    ascii_only: bool = False,
    separators: tuple[str, str] | None = None,
    default: Callable[[Any], Any] | None = None,
) -> str:
    """The JSON text of it, compact unless indented. Raises ValueError for NaN and Infinity, TypeError for what is no
    JSON and `default` makes none of, and RecursionError."""
    text: str = simplejson.dumps(
        value,
        use_decimal=True,
        namedtuple_as_object=False,
        allow_nan=False,
        ensure_ascii=ascii_only,
        indent=indent,
        separators=separators or (COMPACT if indent is None else (",", ": ")),
        default=default,
    )
    return text


class Decoder(json.JSONDecoder):
    """Decoder like `loads`, where a class of the standard library's is wanted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})


class Encoder(json.JSONEncoder):
    """Encoder like `dumps`, where a class of the standard library's is wanted."""

    def encode(self, o: Any) -> str:
        return dumps(o, ascii_only=self.ensure_ascii)


def decimals(value: object) -> Iterator[Decimal]:
    """Yield all decimals in the value, however deep."""
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from decimals(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from decimals(entry)


def with_floats(value: Any, *, nearest: bool = False) -> Any:
    """Return the value with floats in the place of the decimals that a float holds exactly as it is written; of all of
    them if the `nearest` will do.
    """
    if isinstance(value, Decimal):
        number = float(value)
        return number if nearest or Decimal(repr(number)) == value else value
    if isinstance(value, dict):
        return {name: with_floats(entry, nearest=nearest) for name, entry in value.items()}
    if isinstance(value, list):
        return [with_floats(entry, nearest=nearest) for entry in value]
    return value


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal: 1 is 1.0, 0.1 is a float and a decimal, and none of them is true."""
    numbers = int | float | Decimal
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, numbers) and isinstance(other, numbers):
        return Decimal(str(one)) == Decimal(str(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    return type(one) is type(other) and bool(one == other)
