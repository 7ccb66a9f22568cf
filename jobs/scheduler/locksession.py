"""The session that holds the leader's lock: settings that make the lock a lease, and no transaction pooler between."""

from __future__ import annotations

from typing import cast

from django.db import DEFAULT_DB_ALIAS, connections

from jobs.postgresql import session as sessions
from jobs.postgresql.base import DatabaseWrapper

# The lock is a lease that the server enforces: it ends the session, and with it the lock, of a leader that is stopped,
# and of one whose network is gone (both ends give up on a peer that acknowledges nothing).
LEASE = "6s"
SESSION_SETTINGS = {
    "idle_session_timeout": LEASE,
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "6000",
}
CLIENT_OPTIONS = {
    "connect_timeout": 3,
    "keepalives_idle": 2,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 6000,
}


def bound_transactions() -> None:
    """Make the server end a transaction of this process that stands still: a beat that is stopped between its list
    query and the COMMIT would hold the rows, and its successor, for as long as it is stopped."""
    sessions.pin(idle_in_transaction_session_timeout=LEASE)
    connections[DEFAULT_DB_ALIAS].close()


class BehindPooler(Exception):
    """The lock's connection goes through a transaction pooler, where a session lock belongs to nobody."""


def open_session() -> DatabaseWrapper:
    """Open a connection of its own for the lock, whose settings make the server end it when we fall silent."""
    session = _new_connection()
    session.inc_thread_sharing()  # `Leader` lets one thread at a time use it
    options = {**session.settings_dict.get("OPTIONS", {}), **CLIENT_OPTIONS}
    session.settings_dict = {**session.settings_dict, "OPTIONS": options}
    try:
        _refuse_pooler(session)
        with session.cursor() as cursor:
            cursor.execute(
                "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(SESSION_SETTINGS)),
                [word for setting in SESSION_SETTINGS.items() for word in setting],
            )
    except BaseException:
        session.close()
        raise
    return session


def _refuse_pooler(session: DatabaseWrapper) -> None:
    """Raise BehindPooler behind a transaction pooler, which lends the same server process to the next client as soon as
    we are idle: if a second connection meets ours inside a transaction of its own, our session is not ours."""
    ours = _backend(session)
    other = _new_connection()
    try:
        other.set_autocommit(False)
        if _backend(other) == ours:
            raise BehindPooler(
                "DATABASE_URL leads to a transaction pooler (such as PgBouncer with pool_mode = transaction), through "
                "which no leader can be elected; give beat a DATABASE_URL that goes to PostgreSQL directly, or to a "
                "pool with pool_mode = session."
            )
    finally:
        other.close()


def _new_connection() -> DatabaseWrapper:
    return cast("DatabaseWrapper", connections.create_connection(DEFAULT_DB_ALIAS))


def _backend(session: DatabaseWrapper) -> int:
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
        return pid
