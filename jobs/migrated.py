"""Check that the database has the tables that this code expects."""

from django.db import connection
from django.db.migrations.loader import MigrationLoader


def missing_migrations() -> list[str]:
    """Return each migration on disk that is not applied, as `app.name`; also one that a later one was applied over, as
    after a merge of two branches. Reads all migration files and one small table. Raises DatabaseError.
    """
    loader = MigrationLoader(connection)
    return [".".join(key) for key in sorted(loader.graph.nodes) if key not in loader.applied_migrations]
