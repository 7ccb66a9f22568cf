"""Settings of every session, whatever the defaults of the server, the database and the role are.

With one statement after the connection is open, not by libpq's `options`: those a pooler refuses or, if it is told to
ignore them, drops without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError

from jobs.database import connection

WITH_IDLE_TIMEOUT, WITH_TRANSACTION_TIMEOUT = 140000, 170000  # the server's versions that brought these

# What a person may want otherwise, and DATABASE_URL may say: ?options=-c search_path=runat
CHOSEN = {
    "search_path": '"$user", public',
    "statement_timeout": "0",
    "lock_timeout": "0",
    # A connection waits long for the next job. Where a transaction of ours may stand still it has a bound of its own.
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}
# What a guarantee rests on.
FIXED = {
    # What keeps two jobs of a key apart is read after a lock is taken, and must be what others have committed by then.
    "default_transaction_isolation": "read committed",
    # How values are written and read.
    "standard_conforming_strings": "on",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",  # with less the clock would be read to the minute
}
# A start is a durable commit. Whether it also waits for standbys is for whoever runs them to say.
DURABLE = """set_config('synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END,
    false)"""
WRITABLE = "current_setting('transaction_read_only') = 'off'"  # never in a standby
TABLE = "to_regclass('jobs_job')::oid"  # of a statement's parts, the first is worked out first

_of_process: dict[str, str] = {}


class ReadOnly(OperationalError):
    """The database takes no writes at present: a standby, or one that was made read-only."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(args or (READ_ONLY,)))


READ_ONLY = (
    "the database is read-only: DATABASE_URL leads to a standby, or somebody or its provider has made it so, for "
    "instance since its disk is full; once it can be written to it is used again, without a restart"
)
# What libpq says of hosts that it has passed over for target_session_attrs=read-write.
LIBPQ_REFUSALS = ("session is read-only", "server is in hot standby mode")
ELSEWHERE = (
    "the tables are in another schema than the one that every process looks in (search_path {path}); say which it is "
    "in DATABASE_URL, for instance ?options=-c%20search_path%3D{found}"
)


def pin(**settings: str) -> None:
    """Set these, too, in each session that this process opens from now on."""
    _of_process.update(settings)


@contextmanager
def patience(most: str) -> Iterator[None]:
    """Have the server end each statement of this thread's session after so long, such as 2s, until the end of the
    block; three statements. What ends for want of a connection has nothing to set back."""
    set_it = "SELECT set_config('statement_timeout', %s, false)"
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        (before,) = cursor.fetchone()
        cursor.execute(set_it, [most])
    try:
        yield
    finally:
        if not connection.needs_rollback and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(set_it, [before])


def begin(connection: Any, *, time_zone: str | None, chosen: dict[str, str]) -> None:
    """Set a new session, in one round trip. `chosen`: what DATABASE_URL says of it.

    Raises ReadOnly when it cannot write, OperationalError when it would not find the tables that its defaults find.
    """
    settings = FIXED | CHOSEN | _of_process | chosen
    if time_zone:
        settings["TimeZone"] = time_zone
    version = connection.info.server_version
    if version < WITH_IDLE_TIMEOUT:
        settings.pop("idle_session_timeout", None)
    if version < WITH_TRANSACTION_TIMEOUT:
        settings.pop("transaction_timeout", None)
    parts = [WRITABLE, TABLE, "current_setting('search_path')", DURABLE]
    parts += ["set_config(%s, %s, false)"] * len(settings) + [TABLE]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), [word for setting in settings.items() for word in setting])
        writable, before, found, *_, after = cursor.fetchone()
    if not writable:
        raise ReadOnly
    if before is not None and before != after and "search_path" not in chosen:  # who has said it means it
        raise OperationalError(ELSEWHERE.format(path=settings["search_path"], found=found.replace(" ", "")))
