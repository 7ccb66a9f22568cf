"""Reads the rows of jobs that are about to start, under their locks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jobs import exactjson, traceparent
from jobs.database import alias
from jobs.models import Job
from jobs.secrets import MARK, Referring
from jobs.transitions.refusals import Row
from jobs.transitions.statements import array, rows_of

# What changes from one question to the next, and the values that stand for it where the question is put together.
ANY: dict[str, Any] = {"jobs": [-1], "due_before": datetime(1, 1, 2, tzinfo=UTC), "after": -2}
PAYLOAD, LABELS = Row._fields.index("payload"), Row._fields.index("labels")
NOTHING = "{}"
UNDRAWN = tuple(name for name in Row._fields if name not in ("created_at", "enqueued_at"))


def locked(job_ids: Collection[int], *, due_before: datetime, after: int) -> dict[int, Row]:
    """Lock and return the rows of these jobs that are `acquirable`, by id."""
    statement, same = _question(traceparent.is_on())
    asked = same | {"jobs": array(job_ids), "due_before": due_before, "after": after}
    return {row[0]: _row(row) for row in rows_of(statement, asked)}


@cache
def _question(drawn: bool) -> tuple[str, dict[str, Any]]:
    """Return `acquirable` as a statement, `drawn` with what only spans tell, and the values of it that are always the
    same: to put it together takes longer than to take twenty jobs."""
    question = Job.objects.acquirable(ANY["jobs"], due_before=ANY["due_before"], after=ANY["after"])
    statement, given = question.values_list(*(Row._fields if drawn else UNDRAWN)).query.get_compiler(alias()).as_sql()
    names = [
        next((name for name, stand_in in ANY.items() if stand_in == value), f"same{number}")
        for number, value in enumerate(given)
    ]
    same = {name: value for name, value in zip(names, given, strict=True) if name not in ANY}
    return statement % tuple(f"%({name})s" for name in names), same


def _row(read: tuple[Any, ...]) -> Row:
    values = list(read)
    for place in (PAYLOAD, LABELS):
        values[place] = {} if values[place] == NOTHING else exactjson.loads(values[place])
    if MARK in read[PAYLOAD] and isinstance(values[PAYLOAD], dict):
        values[PAYLOAD] = Referring(values[PAYLOAD])
    return Row(*values)
