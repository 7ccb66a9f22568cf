"""Payloads as they are shown: a text in the place of each secret value, by which an edit says that it stays."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings

from jobs import exactjson
from jobs.secrets import references
from jobs.targets.secrecy.marks import Parts, Secret, SecretEntries

HIDDEN = "<hidden>"
SENTINEL = re.compile(r"<hidden( [0-9a-f]{8})?>")  # what stands there, or in the audit, for a value
MISSING: Any = object()
Path = tuple[str, ...]
Do = Callable[[Any, Path], Any]


def hidden(parts: Parts, payload: object) -> Any:
    """Return the payload for those who do not see what is secret. Nothing, and a reference, hide nothing."""
    return _each(parts, payload, lambda value, _: HIDDEN if _is_value(value) else value)


def all_hidden(payload: object) -> Any:
    """Return a payload of which nobody knows what is secret, for those who see no secrets."""
    names: Parts = dict.fromkeys(payload, Secret) if isinstance(payload, Mapping) else {}
    return hidden(names, payload)


def audited(parts: Parts, payload: object) -> Any:
    """Return the payload for the audit: one can see that a secret became another, and nothing of it."""
    return _each(parts, payload, lambda value, _: _fingerprint(value) if _is_value(value) else value)


def kept(parts: Parts, payload: object, before: object) -> Any:
    """Return the payload with what was there before wherever it says that that stays."""

    def value_of(value: Any, path: Path) -> Any:
        if not is_sentinel(value):
            return value
        found = _at(before, path)
        return value if found is MISSING else found

    return _each(parts, payload, value_of)


def sentinels(parts: Parts, payload: object) -> list[Path]:
    """Return the places in which no value stands, but what stands for one."""
    found: list[Path] = []

    def look(value: Any, path: Path) -> Any:
        if is_sentinel(value):
            found.append(path)
        return value

    _each(parts, payload, look)
    return found


def values(parts: Parts, payload: object) -> list[str]:
    """Return the texts that are secret in the payload, and its long numbers."""
    found: list[str] = []

    def look(value: Any, path: Path) -> Any:
        found.extend(_texts(value))
        return value

    _each(parts, payload, look)
    return found


def is_sentinel(value: object) -> bool:
    return isinstance(value, str) and SENTINEL.fullmatch(value) is not None


def _each(parts: Parts, value: Any, do: Do, path: Path = ()) -> Any:
    """Return a copy with `do` done to each secret value. What has another form than its target says is one."""
    if not isinstance(value, Mapping):
        return do(value, path)
    return {
        name: _part(parts[name], entry, do, (*path, name)) if name in parts else entry for name, entry in value.items()
    }


def _part(part: Any, value: Any, do: Do, path: Path) -> Any:
    if part is Secret:
        return do(value, path)
    if not isinstance(part, SecretEntries):
        return _each(part, value, do, path)
    if not isinstance(value, Mapping):
        return do(value, path)
    return {name: do(entry, (*path, name)) if part.names.search(name) else entry for name, entry in value.items()}


def _is_value(value: object) -> bool:
    return value is not None and value != "" and not references.is_reference(value)


def _fingerprint(value: Any) -> str:
    try:
        written = exactjson.dumps(value, default=str).encode("utf-8", "replace")
    except (ValueError, RecursionError):  # nested as deeply as Python can read it
        written = b""
    return f"<hidden {hmac.new(str(settings.SECRET_KEY).encode(), written, hashlib.sha256).hexdigest()[:8]}>"


def _at(value: Any, path: Path) -> Any:
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return MISSING
        value = value[name]
    return value


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            waiting += () if references.is_reference(one) else one.values()
        elif isinstance(one, list):
            waiting += one
        elif one is not None and not isinstance(one, bool):
            yield str(one)
