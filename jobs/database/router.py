"""Router by which Django finds the tables of RunAt: needed where JOBS_DATABASE is another alias than `default`."""

from __future__ import annotations

from typing import Any

from jobs.database import alias

APPS = frozenset({"jobs", "django_celery_beat", "knox"})  # whose rows our transactions change together


class Router:
    """Entry of DATABASE_ROUTERS. Leaves migrations alone: both aliases lead to one database, which either migrates."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Return our alias for our models, and None, which is no opinion, for others."""
        return alias() if model._meta.app_label in APPS else None

    db_for_write = db_for_read

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool | None:
        """Return True where one of them is ours, such as a job and who created it."""
        return True if APPS & {one._meta.app_label, other._meta.app_label} else None
