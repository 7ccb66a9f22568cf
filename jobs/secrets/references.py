"""References to secrets in payloads: `{"$secret": "stripe"}` in the place of a text, however deep.

A payload that has some is a `Referring`, so that one that has none costs a look at its class. Whoever reads its JSON
looks for the mark in the text first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

MARK = "$secret"
PREFIX = "prefix"  # text before the value: "Bearer "
Path = tuple[str | int, ...]


class Referring(dict[str, Any]):
    """Payload in which there are references, good ones or not."""

    __slots__ = ()


class Reference(NamedTuple):
    """Reference at a place of a payload. `name` is None for what is not written as one."""

    path: Path
    name: str | None
    prefix: str = ""


def marked(payload: Any) -> Any:
    """Return the payload, as a Referring if it has references. It is read to its end."""
    if type(payload) is dict and next(found(payload), None) is not None:
        return Referring(payload)
    return payload


def found(payload: object) -> Iterator[Reference]:
    """Yield the references in the payload, in its order; no keys are looked at but the mark itself."""
    waiting: list[tuple[Path, object]] = [((), payload)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            if path and MARK in value:
                yield _reference(path, value)
            else:
                waiting += [((*path, name), entry) for name, entry in reversed([*value.items()])]
        elif isinstance(value, list):
            waiting += [((*path, number), entry) for number, entry in reversed([*enumerate(value)])]


def names(payload: object) -> list[str]:
    """Return the names that a payload refers to, each once, in its order."""
    return list(dict.fromkeys(one.name for one in found(payload) if one.name is not None))


def is_reference(value: object) -> bool:
    """Return whether a value is a reference that is written well."""
    return isinstance(value, Mapping) and MARK in value and _reference((), value).name is not None


def replaced(value: Any, text_of: Callable[[Reference], str], path: Path = ()) -> Any:
    """Return the payload with texts in the places of its references. Raises RecursionError, and what `text_of` does."""
    if isinstance(value, Mapping):
        if path and MARK in value:
            return text_of(_reference(path, value))
        return {name: replaced(entry, text_of, (*path, name)) for name, entry in value.items()}
    if isinstance(value, list):
        return [replaced(entry, text_of, (*path, number)) for number, entry in enumerate(value)]
    return value


def _reference(path: Path, value: Mapping[str, Any]) -> Reference:
    name, prefix = value[MARK], value.get(PREFIX, "")
    if set(value) <= {MARK, PREFIX} and isinstance(name, str) and isinstance(prefix, str):
        return Reference(path, name, prefix)
    return Reference(path, None)
