"""Which beat leads: the one whose own connection holds a session advisory lock.

Standbys *try* for it: a session that waits inside pg_advisory_lock() holds a snapshot and stops vacuum.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F

from jobs.models import Leadership

log = logging.getLogger(__name__)

LOCK_KEY = 0x52756E4174  # "RunAt"
TRY_EVERY = 1.0  # seconds between a standby's attempts
PING_EVERY = 2.0  # seconds between a leader's signs of life
# The server ends the session, and with it the lock, of a leader that is stopped or unplugged.
IDLE_SESSION_TIMEOUT = "6s"


@dataclass(frozen=True)
class Progress:
    """How far the previous leader came."""

    listed_until: datetime | None
    unpublished_since: datetime | None  # it marked jobs then and may have died before it published them


class Leader:
    """This process's claim to lead. One connection of its own, nothing else runs on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = 0  # 0 while standing by
        self._session: BaseDatabaseWrapper | None = None

    @property
    def leading(self) -> bool:
        return self.epoch > 0

    def hold(self, now: datetime) -> bool:
        """Take the lock, or show that we still have it. Never waits; False means stand by."""
        try:
            if self.leading:
                self._ask("SELECT 1")
                return True
            if self._ask("SELECT pg_try_advisory_lock(%s)", LOCK_KEY):
                self.epoch = self._begin_epoch(now)
                log.info("%s leads now (epoch %d)", self.name, self.epoch)
                return True
        except (DatabaseError, InterfaceError) as error:
            log.warning("%s lost its lock connection: %s", self.name, error)
            self.step_down()
        return False

    def step_down(self) -> None:
        """Stop leading; closing the session frees the lock."""
        if self.leading:
            log.info("%s leads no longer (epoch %d)", self.name, self.epoch)
        self.epoch = 0
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def progress(self) -> Progress:
        row = Leadership.current()
        unpublished = row.listed_at is not None and row.published_at is None
        return Progress(row.listed_until, row.listed_at if unpublished else None)

    def record_listed(self, *, now: datetime, horizon: datetime, found: int) -> bool:
        """Note a list query, in its own transaction. False when another epoch has begun: then it must not count."""
        return self._record(listed_at=now, listed_until=horizon, listed=found, published_at=None)

    def record_published(self, now: datetime) -> bool:
        return self._record(published_at=now)

    def _record(self, **values: object) -> bool:
        return Leadership.objects.filter(epoch=self.epoch).update(**values) == 1

    def _begin_epoch(self, now: datetime) -> int:
        with transaction.atomic():
            Leadership.objects.get_or_create(id=1)
            Leadership.objects.update(holder=self.name, elected_at=now, epoch=F("epoch") + 1)
            return Leadership.objects.get().epoch

    def _ask(self, sql: str, *parameters: int) -> bool:
        if self._session is None:
            session = connections.create_connection(DEFAULT_DB_ALIAS)
            with session.cursor() as cursor:
                cursor.execute("SELECT set_config('idle_session_timeout', %s, false)", [IDLE_SESSION_TIMEOUT])
            self._session = session
        with self._session.cursor() as cursor:
            cursor.execute(sql, parameters)
            return bool(cursor.fetchone()[0])
