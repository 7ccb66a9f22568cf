"""Size of a table and of its indexes, and what of it nobody needs any longer."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

TABLES = ("jobs_job", "jobs_attempt", "jobs_worker", "jobs_workerlog")
ASK = """
SELECT s.relname, s.n_live_tup, s.n_dead_tup, s.n_tup_upd, s.n_tup_hot_upd, s.autovacuum_count,
    pg_relation_size(s.relid)
FROM pg_stat_user_tables AS s WHERE s.relname = ANY (%s) ORDER BY array_position(%s, s.relname::text)
"""
INDEXES = """
SELECT i.indexrelname, pg_relation_size(i.indexrelid) FROM pg_stat_user_indexes AS i
WHERE i.relname = ANY (%s) ORDER BY pg_relation_size(i.indexrelid) DESC, i.indexrelname
"""


@dataclass(frozen=True)
class Stored:
    """A table at one moment, as the server counts; bytes without its indexes."""

    table: str
    live: int
    dead: int
    updates: int
    heap_only: int
    autovacuums: int
    bytes: int


@dataclass(frozen=True)
class Storage:
    """Tables, and bytes of each of their indexes, the biggest first."""

    tables: list[Stored]
    indexes: dict[str, int]

    def of(self, table: str) -> Stored:
        return next(stored for stored in self.tables if stored.table == table)


def look() -> Storage:
    """Look at all tables that a job's way writes to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(ASK, [list(TABLES), list(TABLES)])
        tables = [Stored(*row) for row in cursor.fetchall()]
        cursor.execute(INDEXES, [list(TABLES)])
        return Storage(tables, dict(cursor.fetchall()))
