"""The partitions of `jobs_history`: one for each day on which its rows are removed, and one for what is kept without a
day. A day's goes as a whole; no row of it is deleted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from jobs.database import connection, transaction

NAME = re.compile(r"jobs_history_d(\d{4})(\d{2})(\d{2})")
EXPORTED = "exported"  # a partition's comment, when all its rows have been written to a file

ALL = """
SELECT relation.relname, tie.inhrelid IS NOT NULL, coalesce(tie.inhdetachpending, false),
    coalesce(obj_description(relation.oid, 'pg_class') = %s, false), greatest(relation.reltuples, 0)::bigint
FROM pg_class AS relation
LEFT JOIN pg_inherits AS tie ON tie.inhrelid = relation.oid AND tie.inhparent = 'jobs_history'::regclass
WHERE relation.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'jobs_history'::regclass)
    AND relation.relkind = 'r' AND starts_with(relation.relname, 'jobs_history_d')
ORDER BY relation.relname
"""


class Partition(NamedTuple):
    """A table of the rows that are removed on one day. One that is not `attached` is about to be dropped; one that is
    `pending` is no longer read, and not quite detached."""

    day: date
    attached: bool
    pending: bool
    exported: bool
    rows: int  # as the server estimates, 0 where it never has

    @property
    def table(self) -> str:
        return table_of(self.day)


def table_of(day: date) -> str:
    """Return the name of the table of a day."""
    return f"jobs_history_d{day:%Y%m%d}"


def partitions() -> list[Partition]:
    """Return all, by day. One statement, on the catalog only."""
    with connection.cursor() as cursor:
        cursor.execute(ALL, [EXPORTED])
        found = [(NAME.fullmatch(name), rest) for name, *rest in cursor.fetchall()]
    return [Partition(date(*map(int, match.groups())), *rest) for match, rest in found if match]


def create(days: Iterable[date]) -> None:
    """Make the partitions of these days that are not there yet. Nobody who reads or writes the history waits for it;
    two who do it at the same time wait for each other, for a second at most. Raises OperationalError then."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', '1s', true)")
        cursor.execute("LOCK TABLE jobs_history IN SHARE UPDATE EXCLUSIVE MODE")
        there = {one.day for one in partitions()}
        for day in sorted(set(days) - there):
            # Made apart: PARTITION OF would lock out whoever reads the history.
            table = table_of(day)
            cursor.execute(
                f"CREATE TABLE {table} (LIKE jobs_history INCLUDING DEFAULTS, "
                f"CONSTRAINT of_day CHECK (remove_on IS NOT NULL AND remove_on = '{day}'))"
            )
            cursor.execute(f"ALTER TABLE jobs_history ATTACH PARTITION {table} FOR VALUES IN ('{day}')")
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT of_day")


def mark_exported(partition: Partition) -> None:
    """Note that all rows of it have been written to a file."""
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON TABLE {partition.table} IS '{EXPORTED}'")


def remove(partition: Partition, *, wait_ms: int) -> None:
    """Detach it and drop it. Whoever reads the history beside us is not disturbed, and a transaction that has read it
    before holds us up for `wait_ms` at most: then OperationalError is raised, and the next call goes on from there. Not
    inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{wait_ms}ms"])
        try:
            if partition.attached:
                how = "FINALIZE" if partition.pending else "CONCURRENTLY"
                cursor.execute(f"ALTER TABLE jobs_history DETACH PARTITION {partition.table} {how}")
            cursor.execute(f"DROP TABLE IF EXISTS {partition.table}")
        finally:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
