"""Check that the database has the tables that this code expects."""

from django.db import router
from django.db.migrations.loader import MigrationLoader

from jobs.database import connection


def missing_migrations() -> list[str]:
    """Return each migration on disk that is not applied, as `app.name`; also one that a later one was applied over, as
    after a merge of two branches. Reads all migration files and one small table. Raises DatabaseError.
    """
    loader = MigrationLoader(connection)
    here = {app for app, _ in loader.graph.nodes if router.allow_migrate(connection.alias, app)}
    return [
        ".".join(key) for key in sorted(loader.graph.nodes) if key[0] in here and key not in loader.applied_migrations
    ]
