"""A row as the audit keeps it: what it was before a change, and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.crypto import salted_hmac

from jobs import exactjson

TAG_LENGTH = 16  # characters: nobody tries so many definitions
Described = Mapping[str, Any] | None  # as JSON; None of what is not there


def _nothing(target: str, payload: Any) -> Any:
    """Stand in until the targets are there, which know what is secret: nothing of a payload is told."""
    return None if payload is None else "<hidden>"


_payload_of: Callable[[str, Any], Any] = _nothing


def hide_payloads(by: Callable[[str, Any], Any]) -> None:
    """Have this say what is told of a payload, by the name of its target."""
    global _payload_of  # noqa: PLW0603 - one for the process
    _payload_of = by


def described(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return these attributes of the row, as JSON; of its payload what is not secret."""
    return {name: _payload(row) if name == "payload" else _plain(getattr(row, name)) for name in names}


def key(account: object) -> str | None:
    """Return the key of an account as JSON may have it: a project's own may be a UUID."""
    return None if account is None else str(account)


def _payload(row: Any) -> Any:
    return _payload_of(row.target if hasattr(row, "target") else row.schedule.target, row.payload)


def as_stored(rows: models.QuerySet[Any]) -> Described:
    """Return the first of these rows as it is in the table, where nobody else changes it until this transaction ends;
    None if there is none."""
    # Not in full strength: what refers to it, as a new job to its calendar, need not wait.
    row = rows.select_for_update(of=("self",), no_key=True).first()
    return None if row is None else row.described()


def definition_tag(row: Any) -> str:
    """Return the version of a definition, such as a schedule's: another one for another definition, and the same
    however often it has run."""
    return tag_of(row.described(), getattr(row, "payload", None))


def tag_of(definition: Described, payload: Any = None) -> str:
    """Return the version of what is described so; `payload`, also what is secret in it. Nobody finds that by trying:
    the tag is made with SECRET_KEY."""
    text = exactjson.dumps([definition, payload], default=str)
    return salted_hmac("runat.definition", text).hexdigest()[:TAG_LENGTH]


def columns(model: type[models.Model], *without: str) -> tuple[str, ...]:
    """Return the model's columns but for these."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname not in without)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
