"""Judges whether this database is the one that the installation has worked with, as far as it had come: or one that
somebody has restored. Then a job that has run since is pending again, and nobody may start it without a person's word.

docs/adr/0026 says which signs count, and why each of them is no false alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import ProgrammingError

from jobs.database import transaction
from jobs.events import emit
from jobs.events.installation import DatabaseHeld, TimelineFollowed
from jobs.installation.memory import Memory
from jobs.models import Installation
from jobs.models.installation import MOVED
from jobs.postgresql.session import WRITABLE

# A leader's sign of life: whether it can write, whether it may go on (somebody exchanged the tables under its session,
# and nobody has said so yet), how far the database has come, and whose it is.
PING = f"""
SELECT {WRITABLE},
    NOT EXISTS (SELECT FROM jobs_installation AS row WHERE row.held_at IS NULL AND {MOVED}),
    (SELECT coalesce(max(id), 0) FROM jobs_attempt),
    CASE WHEN pg_is_in_recovery() THEN 0 ELSE (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint END,
    (SELECT identity FROM jobs_installation), (SELECT incarnation FROM jobs_installation)
"""  # noqa: S608 - of our own words only

PLACE = """
SELECT {cluster},
    ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::bigint,
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
    'jobs_installation'::regclass::oid::bigint,
    (SELECT coalesce(max(id), 0) FROM jobs_attempt),
    (SELECT last_value FROM jobs_attempt_id_seq),
    (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint
"""


@dataclass(frozen=True)
class Place:
    """The database as it is. `latest`: the highest id of a ledger row; `sequence`: of those that were ever handed out,
    which purging does not lower; `written`: bytes of WAL."""

    system_identifier: int | None  # None: this role may not read it
    timeline: int
    database_oid: int
    table_oid: int
    latest: int
    sequence: int
    written: int

    @classmethod
    def read(cls, cursor: Any) -> Place:
        """Read where the database is. Raises DatabaseError, also on a replica."""
        try:
            cursor.execute(PLACE.format(cluster="(SELECT system_identifier FROM pg_control_system())"))
        except ProgrammingError:  # PUBLIC may read it, unless somebody has revoked that
            cursor.execute(PLACE.format(cluster="NULL"))
        return cls(*cursor.fetchone())


def why_restored(row: Installation, here: Place, remembered: Memory | None, *, heard: int, asked: bool) -> str:
    """Return a sentence that says what shows that this database was restored; empty when nothing does. `remembered` is
    what the broker keeps, None where it keeps nothing (any more), or was not `asked`; `heard` is the latest start that
    this process knows of."""
    if row.table_oid is not None and (elsewhere := _elsewhere(row, here)):
        return elsewhere
    start = max(row.last_start, heard, remembered.start if remembered else 0)
    if here.sequence < start:
        return (
            f"The ledger ends at start {here.sequence}, and start {start} was made: the database was put back in time."
        )
    if remembered is None:
        if asked and row.timeline is not None and here.timeline != row.timeline:
            return (
                f"PostgreSQL is on timeline {here.timeline}, it was on {row.timeline}, and the broker no longer knows "
                "how far the ledger had come: it may have been put back in time."
            )
        return ""
    if here.timeline == remembered.timeline and here.written < remembered.written:
        return "PostgreSQL has written less than it had before: a copy of its files was put back."
    return ""


def _elsewhere(row: Installation, here: Place) -> str:
    if None not in (ids := {here.system_identifier, row.system_identifier}) and len(ids) > 1:
        return "The database is on another PostgreSQL cluster than the one that was used: it was restored, or moved."
    if (here.database_oid, here.table_oid) != (row.database_oid, row.table_oid):
        return "The tables are others than those that were used: a dump was restored, or the database was copied."
    return ""


def judge(here: Place, remembered: Memory | None, *, now: datetime, heard: int = 0, asked: bool = True) -> Installation:
    """Hold all jobs if this database was restored (see why_restored); else note where it is. Returns the row. Raises
    DatabaseError."""
    with transaction.atomic():
        Installation.current()
        row = Installation.objects.select_for_update().get()
        why = "" if row.held_at is not None else why_restored(row, here, remembered, heard=heard, asked=asked)
        if why:
            row.held_at, row.held_why = now, why
            row.save(update_fields=["held_at", "held_why"])
        elif row.held_at is None and asked:
            if row.timeline not in (None, here.timeline):
                emit(TimelineFollowed(here.timeline, row.timeline))
            place(row, here)
            row.save(update_fields=PLACED)
    if row.held_at is not None:
        emit(DatabaseHeld(row.held_why))
    return row


PLACED = ["system_identifier", "timeline", "database_oid", "table_oid", "last_start"]


def place(row: Installation, here: Place) -> None:
    """Write into the row, without saving it, that the installation is here from now on."""
    row.system_identifier, row.timeline = here.system_identifier, here.timeline
    row.database_oid, row.table_oid = here.database_oid, here.table_oid
    row.last_start = here.latest
