"""Secrets that payloads refer to: whether a job of this target may have them, and their values where it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from jobs.conf import conf
from jobs.receivers import Receiver, receiver
from jobs.secrets import DeclaredSecret, Reference, Unreadable, found, names, replaced
from jobs.targets.sentences import about

FORM = 'a reference is written {"$secret": "name"}, with "prefix": "Bearer " beside it at most'
STAND_IN = "stands-in"  # for a value where arguments are judged that has none
PORTS = {"https": 443, "http": 80}
SHOWN = 100  # characters of a name
MOST_NAMED = 10  # of one payload

Origin = tuple[str, str, int]  # scheme, host, port


def origin_of(payload: object, address: str) -> Origin | None:
    """Return where a payload is sent whose argument `address` says so; None where that cannot be read."""
    url = payload.get(address) if isinstance(payload, Mapping) else None
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return None


def destination_of(payload: object, address: str) -> object:
    """Return where a payload is sent, to be compared with another: what cannot be read as a host stands for itself."""
    origin = origin_of(payload, address)
    if origin is not None and origin[1]:
        return origin
    return payload.get(address) if isinstance(payload, Mapping) else None


def problems(target: str, address: str, payload: object) -> list[str]:
    """Return why a job of the target may not have what its payload refers to, a sentence each."""
    return [
        about(".".join(map(str, one.path))[:SHOWN], "wrong", f"{why}.")
        for one, why in list(_refused(target, address, payload))[:MOST_NAMED]
    ]


def _refused(target: str, address: str, payload: object) -> Iterator[tuple[Reference, str]]:
    origin = origin_of(payload, address) if address else None
    for one in found(payload):
        if one.name is None:
            yield one, FORM
            continue
        name = f"'{one.name[:SHOWN]}'"
        declared = conf().secrets.get(one.name)
        if declared is None:
            yield one, f"there is no secret {name}; an administrator can declare it in JOBS_SECRETS"
        elif target not in declared.targets:
            only = ", ".join(declared.targets)
            yield one, f"the secret {name} is not for the target {target[:SHOWN]}, only for {only}{_by_admin()}"
        elif one.path[0] == address:
            yield one, "an address is never secret; give the secret in a header or in the body"
        elif target == "command" and one.path[0] != "stdin":
            yield one, "everybody on a machine sees the arguments of its programs; give the secret by stdin"
        elif address and (why := _why_not_there(name, declared, origin)):
            yield one, why


def _why_not_there(name: str, declared: DeclaredSecret, origin: Origin | None) -> str:
    if origin is None:
        return f"nobody knows where the secret {name} would go: the address cannot be read"
    scheme, host, port = origin
    if not any(one.names(host, port) for one in _hosts(declared.hosts)):
        only = ", ".join(declared.hosts) or "none"
        return f"the secret {name} is not for {host[:SHOWN]}:{port}, only for {only}{_by_admin()}"
    if scheme != "https" and not declared.plain_http:
        return f"the secret {name} goes by TLS only: write https://"
    return ""


def _by_admin() -> str:
    return "; an administrator can add that in JOBS_SECRETS"


@lru_cache(maxsize=256)
def _hosts(entries: tuple[str, ...]) -> tuple[Receiver, ...]:
    return tuple(map(receiver, entries))


def standing_in(payload: Any) -> Any:
    """Return the payload with texts that stand for its secrets, to be judged."""
    return replaced(payload, lambda one: one.prefix + STAND_IN)


def lent(payload: Any) -> tuple[Any, list[str]]:
    """Return the payload with its secrets, and these. Raises Unreadable, RecursionError, and KeyError for what
    `problems` refuses."""
    values = {name: _value(name) for name in names(payload)}
    return replaced(payload, lambda one: one.prefix + values[str(one.name)]), list(values.values())


def why_unreadable(payload: object) -> str:
    """Return which secret of the payload is not here, and what to do; empty where all are."""
    try:
        for name in names(payload):
            _value(name)
    except Unreadable as error:
        return str(error)
    return ""


def _value(name: str) -> str:
    try:
        return conf().secrets[name].value(conf().secrets_folder)
    except Unreadable as error:
        raise Unreadable(f"The secret '{name}' {error}.") from None
