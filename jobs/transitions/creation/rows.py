"""Writes the rows of new jobs: a single one by an INSERT that returns it, several by COPY, which costs a tenth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jobs import exactjson
from jobs.database import connection
from jobs.models import Job

AS_JSON = ("payload", "labels", "retry_on")
SEQUENCE = "pg_get_serial_sequence('jobs_job', 'id')"
Values = Mapping[str, Any]  # of one row, by column; what is not among them has the database's default


def insert_one(values: Values) -> Job:
    """Write the row, and return it as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(_insert(tuple(values)), _written(values))
        (row,) = cursor.fetchall()
    return _job(row)


def copy(rows: Sequence[Values]) -> list[int]:
    """Write these rows, all with values for the same columns, and return their ids, in their order. In a transaction of
    the caller's."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval({SEQUENCE}) FROM generate_series(1, %s)", [len(rows)])  # noqa: S608 - ours
        ids = [number for (number,) in cursor.fetchall()]
        # Not through Django's cursor, which has no word for it: its errors are turned into Django's here.
        with connection.wrap_database_errors, cursor.cursor.copy(_copy(tuple(rows[0]))) as copying:
            for number, values in zip(ids, rows, strict=True):
                copying.write_row((number, *_written(values)))
    return ids


def _written(values: Values) -> list[Any]:
    return [exactjson.dumps(value) if name in AS_JSON else value for name, value in values.items()]


@cache
def _insert(columns: tuple[str, ...]) -> str:
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    returned = ", ".join(str(field.column) for field in Job._meta.concrete_fields)
    return f"INSERT INTO jobs_job ({names}) VALUES ({marks}) RETURNING {returned}"  # noqa: S608 - columns of ours


@cache
def _copy(columns: tuple[str, ...]) -> str:
    return f"COPY jobs_job (id, {', '.join(columns)}) FROM STDIN"


def _job(row: Sequence[Any]) -> Job:
    fields = Job._meta.concrete_fields
    read = [
        field.from_db_value(value, None, connection) if field.name in AS_JSON else value  # type: ignore[attr-defined]
        for field, value in zip(fields, row, strict=True)
    ]
    return Job.from_db(connection.alias, [field.attname for field in fields], read)
