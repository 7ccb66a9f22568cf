"""Asks a statement of ours, as one text for whatever values."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from django.db.backends.postgresql.base import ServerBindingCursor
from psycopg.pq import Format

from jobs.database import connection


def rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows that this statement answers, inside a transaction. Its values go to the server apart from it:
    Django writes them into the text, which takes longer. It is planned anew each time, see ADR 41."""
    wrapper: Any = connection
    make: Any = ServerBindingCursor
    cursor = make(wrapper.connection)
    cursor.adapters.register_loader("timestamptz", _moments())
    with wrapper._prepare_cursor(cursor) as made:  # as Django does its own: with its errors
        made.execute(statement, values)
        return made.fetchall()  # type: ignore[no-any-return]


@cache
def _moments() -> Any:
    """Return psycopg's reader of moments, which is in C: Django's, in Python, takes longer than all else of a row. The
    session's time zone is UTC, as Django sets it, and so are they."""
    return psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)


def array(values: Iterable[int | uuid.UUID | datetime | None]) -> str:
    """Return these as the text of an array of PostgreSQL: psycopg dumps a list ten times as slowly. Not for texts,
    which would have to be quoted."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def words_of(error: BaseException) -> str:
    """Return what the database says of an error, to be kept with a job. Without its details: of a constraint they are
    the row, with its arguments."""
    diag = getattr(error.__cause__, "diag", None)
    return getattr(diag, "message_primary", None) or repr(error)
