"""Asks a statement of ours, as one text for whatever values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor


def rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows that this statement answers, inside a transaction. Its values go to the server apart from it:
    Django writes them into the text, which takes longer. It is planned anew each time, see ADR 41."""
    wrapper: Any = connection
    cursor: Any = ServerBindingCursor
    with wrapper._prepare_cursor(cursor(wrapper.connection)) as made:  # as Django does its own: with its errors
        made.execute(statement, values)
        return made.fetchall()  # type: ignore[no-any-return]
