"""A lock that one process has at a time, such as the leading beat: held by a session of its own, whose settings make it
a lease, with no transaction pooler between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import cast

from django.db import DatabaseError, InterfaceError, connections

from jobs.database import alias, connection
from jobs.postgresql import session as sessions
from jobs.postgresql.base import DatabaseWrapper

# The lock is a lease that the server enforces: it ends the session, and with it the lock, of a leader that is stopped,
# and of one whose network is gone (both ends give up on a peer that acknowledges nothing).
LEASE = "6s"
TAKE = f"SELECT {sessions.WRITABLE}, pg_try_advisory_lock(%s)"
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
    connection.close()


class BehindPooler(Exception):
    """The lock's connection goes through a transaction pooler, where a session lock belongs to nobody."""


class SessionLock:
    """The claim of this process to a lock, the advisory lock of a session on which nothing else runs. It is a lease:
    the server ends the session when it falls silent. One thread at a time may use it."""

    def __init__(self, number: Callable[[], int], lease: str | None = None) -> None:
        """`number`: of the lock, asked when it is taken; `lease`: how long silence is borne, else as SESSION_SETTINGS
        says."""
        self.taken = False
        self._number, self._lease = number, lease
        self._session: DatabaseWrapper | None = None

    @property
    def is_open(self) -> bool:
        return self._session is not None

    def connect(self) -> DatabaseWrapper:
        """Return its session, a new one where there is none. Raises DatabaseError, and BehindPooler where no session
        can have a lock."""
        if self._session is None:
            self._session = open_session(self._lease)
        return self._session

    @property
    def session(self) -> DatabaseWrapper:
        """Return its session, as `connect`."""
        return self.connect()

    def take(self) -> bool:
        """Take the lock, or show that we still have it: whether we do. Never waits for another: who waits in
        pg_advisory_lock() holds a snapshot and stops vacuum. Raises as `connect`, and ReadOnly, and
        has given it back then."""
        if self.taken:
            self.show()
            return True
        self.taken = bool(self._ask(TAKE, [self._number()]))
        return self.taken

    def show(self) -> None:
        """Give a sign of life. Raises as `take`."""
        self._ask(f"SELECT {sessions.WRITABLE}, true")

    def _ask(self, question: str, values: list[int] | None = None) -> object:
        """Return what stands behind whether one may write here. After an error the lock is ours no more, whoever hears
        of it: the session would connect anew by itself, and a new one has neither lock nor lease."""
        try:
            with self.session.cursor() as cursor:
                cursor.execute(question, values)
                writable, found = cursor.fetchone()
            if not writable:
                raise sessions.ReadOnly
        except BaseException:
            self.give_back()
            raise
        return found

    def give_back(self) -> None:
        """Give the lock back, and then the session: the server notices a closed one a moment later. Never raises for
        one that is lost: its lock is free."""
        session, self._session, self.taken = self._session, None, False
        if session is not None and session.suspect:
            session.close()
        elif session is not None and session.connection is not None:
            with suppress(DatabaseError, InterfaceError), session.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_all()")
            session.close()


def open_session(lease: str | None = None) -> DatabaseWrapper:
    """Open a connection of its own for a lock, whose settings make the server end it when we fall silent for as long as
    the lease, such as 30s."""
    settings = SESSION_SETTINGS if lease is None else {**SESSION_SETTINGS, "idle_session_timeout": lease}
    session = _new_connection()
    session.inc_thread_sharing()  # whoever has the lock lets one thread at a time use it
    options = {**session.settings_dict.get("OPTIONS", {}), **CLIENT_OPTIONS}
    session.settings_dict = {**session.settings_dict, "OPTIONS": options}
    try:
        _refuse_pooler(session)
        with session.cursor() as cursor:
            cursor.execute(
                "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(settings)),
                [word for setting in settings.items() for word in setting],
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
    return cast("DatabaseWrapper", connections.create_connection(alias()))


def _backend(session: DatabaseWrapper) -> int:
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
        return pid
