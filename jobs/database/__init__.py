"""The database that RunAt's tables are in: the alias that the setting JOBS_DATABASE names, else `default`.

Another alias leads to the same database as the accounts', by other means: an ENGINE of the project's own or
ATOMIC_REQUESTS stay where they are, at `default`, and RunAt has sessions that it can rely on.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionProxy


@cache
def alias() -> str:
    """Return the alias of DATABASES: asked once, since it decides where everything is."""
    return str(getattr(settings, "JOBS_DATABASE", "") or DEFAULT_DB_ALIAS)


class _Ours:
    """Django's connections, asked for ours: which it is may be known later than this module."""

    def __getitem__(self, name: str) -> BaseDatabaseWrapper:
        return connections[alias()]


connection = cast("BaseDatabaseWrapper", ConnectionProxy(cast("Any", _Ours()), ""))  # of this thread, as django.db's
