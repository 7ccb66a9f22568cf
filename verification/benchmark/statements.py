"""Number of statements that reached this database, from pg_stat_statements: calls before and after, no reset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from jobs.models.querysets import LIST_AND_MARK

# The list query is recognised by how its text begins: pg_stat_statements replaces every value, but no name.
LIST_TEXT = "\n".join(LIST_AND_MARK.strip().splitlines()[:2])
ENABLE = (
    "add pg_stat_statements to shared_preload_libraries, restart PostgreSQL, then run "
    "CREATE EXTENSION pg_stat_statements in this database"
)
CALLS = """
SELECT clock_timestamp(), coalesce(sum(calls), 0)::bigint,
       coalesce(sum(calls) FILTER (WHERE position(%(list)s in query) > 0), 0)::bigint,
       (SELECT count(*) FROM jobs_workerlog WHERE action = 'QUERYLIST' AND at >= %(born)s)
FROM {schema}.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True)
class Snapshot:
    """Calls so far: of all statements, of the list query, and list queries in the log since the round began."""

    at: datetime
    calls: int
    lists: int
    logged_lists: int


@dataclass(frozen=True)
class Traffic:
    """Statements between two snapshots."""

    seconds: float
    statements: int
    list_queries: int
    logged_list_queries: int

    @property
    def per_second(self) -> float:
        return self.statements / max(self.seconds, 0.001)


def snapshot(born: datetime) -> Snapshot | None:
    """The counters now; log rows older than `born` are left out. None when the extension is not in use here."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace "
                "WHERE extname = 'pg_stat_statements'"
            )
            found = cursor.fetchone()
            if found is None:
                return None
            cursor.execute(CALLS.format(schema=found[0]), {"list": LIST_TEXT, "born": born})
            return Snapshot(*cursor.fetchone())
    except DatabaseError:  # installed, but not preloaded, or not ours to read
        return None


def between(before: Snapshot | None, after: Snapshot | None) -> Traffic | None:
    """Return the traffic between two snapshots; None when either is missing."""
    if before is None or after is None:
        return None
    return Traffic(
        seconds=(after.at - before.at).total_seconds(),
        statements=after.calls - before.calls,
        list_queries=after.lists - before.lists,
        logged_list_queries=after.logged_lists - before.logged_lists,
    )
