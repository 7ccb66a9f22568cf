"""A row as the audit keeps it: what it was before a change, and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import models

Described = Mapping[str, Any] | None  # as JSON; None of what is not there


def described(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return these attributes of the row, as JSON."""
    return {name: _plain(getattr(row, name)) for name in names}


def as_stored(rows: models.QuerySet[Any]) -> Described:
    """Return the first of these rows as it is in the table, where nobody else changes it until this transaction ends;
    None if there is none."""
    # Not in full strength: what refers to it, as a new job to its calendar, need not wait.
    row = rows.select_for_update(of=("self",), no_key=True).first()
    return None if row is None else row.described()


def columns(model: type[models.Model], *without: str) -> tuple[str, ...]:
    """Return the model's columns but for these."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname not in without)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
