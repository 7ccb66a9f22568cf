"""What tests ask of a database at an early migration, which the models of today do not fit."""

from typing import Any

from django.core.management import call_command
from django.db import connection


def to(*migration: str) -> None:
    """Migrate the jobs to there; to the end without one."""
    call_command("migrate", "jobs", *migration, verbosity=0)


def ask(sql: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else None
