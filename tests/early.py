"""Database of its own that stands at an early migration: going there from today's and back takes half a minute a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection


@contextmanager
def early_database(migration: str, blocker: Any) -> Iterator[None]:
    """Have all tests inside use an empty database at this migration of jobs. `blocker` is pytest-django's."""
    today = connection.settings_dict["NAME"]
    early = f"{today}_{migration}"
    with blocker.unblock():
        _in_none(f'DROP DATABASE IF EXISTS "{early}"', f'CREATE DATABASE "{early}" TEMPLATE template0')
        connection.settings_dict["NAME"] = early
        try:
            call_command("migrate", "jobs", migration, verbosity=0)
            call_command("migrate", "admin", verbosity=0)
            call_command("migrate", "sessions", verbosity=0)
            ContentType.objects.clear_cache()
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = today
            ContentType.objects.clear_cache()
            _in_none(f'DROP DATABASE "{early}"')


def _in_none(*statements: str) -> None:
    """Run statements that no transaction may hold, with a connection that is closed afterwards."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()
