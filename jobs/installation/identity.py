"""The installation that these processes belong to, as each of them knows it: what messages carry, and by which lock the
leader leads.

The row of `jobs_installation` says it. A release after a restore changes it, so a process reads it again every ten
seconds, a worker with each heartbeat, a leader with each sign of life.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from jobs.clock import steady
from jobs.database import connection
from jobs.events import emit
from jobs.events.installation import IdentityChanged, IdentityUnread, MessageUnmarked
from jobs.models import Installation

KEPT_FOR = 10.0  # seconds
SURE_FOR = 10.0  # seconds: two heartbeats, with which a worker reads it
LOCK_SALT = 0x52756E4174  # "RunAt"
LOCK_BITS = 2**63 - 1  # a positive bigint
WATCH_SALT = 0x5761746368  # "Watch"


@dataclass(frozen=True)
class Identity:
    """The name of an installation. `incarnation` is another one after each release from a restore."""

    identity: UUID
    incarnation: UUID

    @property
    def mark(self) -> str:
        """The mark that each message carries."""
        return f"{self.identity.hex[:12]}.{self.incarnation.hex[:8]}"

    @property
    def lock(self) -> int:
        """The number of the leader's advisory lock: advisory locks of a database are shared by all its schemas."""
        return (self.identity.int ^ LOCK_SALT) & LOCK_BITS

    @property
    def watch_lock(self) -> int:
        """The number of the lock of the watcher that judges."""
        return self.lock ^ WATCH_SALT

    def owns(self, mark: str) -> bool:
        """Return whether a message with this mark is of this installation, of this or an earlier incarnation. One
        without a mark is: versions before marks have sent it."""
        return not mark or mark.partition(".")[0] == self.identity.hex[:12]


class Known:
    """The installation, as this process knows it. Safe for threads."""

    def __init__(self) -> None:
        self.kept: Identity | None = None  # as it was read last
        self.start = 0  # the highest start that this process has heard of in this incarnation
        self._read_at = float("-inf")  # on the steady clock
        self._lock = threading.Lock()

    @property
    def is_sure(self) -> bool:
        """Is true when the identity was read so lately that a message with another mark is another's. Never asks the
        database."""
        return self.kept is not None and steady() - self._read_at < SURE_FOR

    def identity(self) -> Identity:
        """Return the identity as it was read within the last ten seconds. Raises DatabaseError when it was never read
        and cannot be."""
        if self.kept is None or steady() - self._read_at > KEPT_FOR:
            try:
                return self.read()
            except (DatabaseError, InterfaceError) as error:
                _drop_connection()
                if self.kept is None:
                    raise
                emit(IdentityUnread(error))
        return self.kept

    def mark(self) -> str:
        """Return the mark for a message that goes out; empty when the database does not say: such a message counts as
        ours."""
        try:
            return self.identity().mark
        except (DatabaseError, InterfaceError) as error:
            emit(MessageUnmarked(error))
            return ""

    def read(self) -> Identity:
        """Ask the database for the identity now, and return it. Raises DatabaseError."""
        row = Installation.current()
        return self.learn(row.identity, row.incarnation)

    def learn(self, identity: UUID, incarnation: UUID) -> Identity:
        """Keep what the row says at this moment, and return it."""
        found = Identity(identity, incarnation)
        with self._lock:
            if self.kept != found:
                if self.kept is not None:
                    emit(IdentityChanged(found.mark, self.kept.mark))
                self.start = 0
            self.kept, self._read_at = found, steady()
        return found

    def heard(self, start: int) -> None:
        """Note that a ledger row of this id is committed."""
        with self._lock:
            self.start = max(self.start, start)


def _drop_connection() -> None:
    """Close the connection, which has failed; inside a transaction its owner drops it himself."""
    if not connection.in_atomic_block:
        connection.close()


known = Known()
