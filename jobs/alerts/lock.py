"""Elects the watcher that judges: the one whose own connection holds a session advisory lock, as with the leading beat.

Others try for it. The lock is a lease: the server ends the session of one that gives no sign of life for a while, and
each turn is one.
"""

from __future__ import annotations

from contextlib import suppress

from django.db import DatabaseError, InterfaceError

from jobs.installation import known
from jobs.postgresql import session as sessions
from jobs.postgresql.base import DatabaseWrapper
from jobs.scheduler.locksession import open_session

LEASE = "30s"  # longer than a turn takes
WATCH_SALT = 0x5761746368  # "Watch"
ASK = f"SELECT {sessions.WRITABLE}, pg_try_advisory_lock(%s)"
STILL = f"SELECT {sessions.WRITABLE}"


class WatchLock:
    """The claim of this process to judge. It has one connection of its own, and nothing else runs on it."""

    def __init__(self) -> None:
        self.taken = False
        self._session: DatabaseWrapper | None = None

    def take(self) -> bool:
        """Take the lock, or show that we still have it: whether we do. Never waits for another. Raises DatabaseError,
        and BehindPooler where no session can have a lock."""
        session = self._session = self._session or self._open()
        with session.cursor() as cursor:
            if self.taken:
                cursor.execute(STILL)
                (writable,), got = cursor.fetchone(), True
            else:
                cursor.execute(ASK, [known.read().lock ^ WATCH_SALT])
                writable, got = cursor.fetchone()
        if not writable:
            raise sessions.ReadOnly
        self.taken = got
        return self.taken

    def give_back(self) -> None:
        """Give the lock and the connection back. Never raises for one that is lost."""
        session, self._session, self.taken = self._session, None, False
        if session is not None:
            with suppress(DatabaseError, InterfaceError), session.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_all()")
            session.close()

    def _open(self) -> DatabaseWrapper:
        session = open_session()
        with session.cursor() as cursor:
            cursor.execute("SELECT set_config('idle_session_timeout', %s, false)", [LEASE])
        return session
