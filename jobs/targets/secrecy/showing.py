"""Payloads as they are shown, by the names of their targets: for pages, REST, the admin, commands and the audit."""

from __future__ import annotations

from typing import Any

from jobs.targets.lookup import known
from jobs.targets.secrecy import hiding
from jobs.targets.secrecy.lending import destination_of
from jobs.targets.secrecy.marks import Parts, Secret


def shown(target: str, payload: Any, *, sees_secrets: bool = False) -> Any:
    """Return the payload for whoever sees secrets, or does not."""
    if sees_secrets or payload is None:
        return payload
    found = known(target)
    if found is None:
        return hiding.all_hidden(payload)  # nobody can say here which of its arguments are secret
    return hiding.hidden(found.secret_parts, payload) if found.secret_parts else payload


def audited(target: str, payload: Any) -> Any:
    """Return the payload as the audit keeps it."""
    if payload is None:
        return None
    found = known(target)
    if found is not None and not found.secret_parts:
        return payload
    names: Parts = dict.fromkeys(payload, Secret) if isinstance(payload, dict) else {}
    return hiding.audited(names if found is None else found.secret_parts, payload)


def kept(target: str, payload: Any, before: Any) -> Any:
    """Return the payload of an edit with the values of `before` that it leaves as they are. Where it would take them to
    another host they are not: then the target refuses what stands for them."""
    found = known(target)
    if found is None or not found.secret_parts or goes_elsewhere(target, before, payload):
        return payload
    return hiding.kept(found.secret_parts, payload, before)


def goes_elsewhere(target: str, before: Any, after: Any) -> bool:
    """Return whether arguments `after` would take what is secret in those `before` to another host."""
    found = known(target)
    if found is None or not found.address or not hiding.values(found.secret_parts, before):
        return False
    return destination_of(before, found.address) != destination_of(after, found.address)
