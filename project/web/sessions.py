"""The database sessions of web processes: no statement of a request runs, or waits for a lock, for ever."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def bound() -> None:
    """Bound each connection that this process opens from now on."""
    connection_created.connect(_opened, dispatch_uid="project.web.sessions")


def _opened(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    most = f"{settings.JOBS_STATEMENT_TIMEOUT * 1000:.0f}"  # ms
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, false), "
            "set_config('idle_in_transaction_session_timeout', %s, false)",
            [most, most],
        )
