"""Installation that is examined: its database, its broker and its processes. Nobody is waited for for long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from celery import current_app
from django.db import DatabaseError, InterfaceError
from kombu import Connection
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.clock import clock
from jobs.database import connection, transaction
from jobs.masking import masked
from jobs.migrated import missing_migrations
from jobs.monitor.workers import WorkerLine, worker_lines
from jobs.postgresql.base import is_of_the_session
from jobs.publishing.depths import QueueDepths, connect

STATEMENT_PATIENCE = "3s"  # for any one statement
LOCK_PATIENCE = "1s"
BROKER_PATIENCE = 1.0  # seconds for any one answer
NO_RETRY = Retry(NoBackoff(), 0)
CHECK_PATIENCE = 10.0  # seconds for any one check, whatever it waits for
SETTINGS = {
    "statement_timeout": STATEMENT_PATIENCE,
    "lock_timeout": LOCK_PATIENCE,
    "transaction_read_only": "on",
}


class TookTooLong(Exception):
    """End of a check that took longer than CHECK_PATIENCE."""


class Patient:
    """Answers to all that checks ask. `database_away`, `broker_away`: why it is not asked any more; empty: it is."""

    def __init__(self, broker_url: str = "") -> None:
        """Ask for nothing yet. `broker_url`: our broker's, unless another is named."""
        self.broker_url = broker_url or str(current_app.conf.broker_url)
        self.database_away = ""
        self.broker_away = ""

    def connect(self) -> None:
        """Find out whether the database answers. Raises nothing but TookTooLong."""
        try:
            connection.ensure_connection()
        except (DatabaseError, InterfaceError) as error:
            self.database_away = brief(error)

    @cached_property
    def now(self) -> datetime:
        """Return the time: the database's, or where that is away this machine's."""
        with suppress(DatabaseError, InterfaceError):
            if not self.database_away:
                return clock.current()
        return datetime.now(UTC)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that reads. Raises DatabaseError."""
        with connection.cursor() as cursor:
            cursor.execute(statement, list(values) or None)
            return list(cursor.fetchall())

    def value(self, statement: str, *values: Any) -> Any:
        """Return the first value of the first row; None where there is none."""
        found = self.rows(statement, *values)
        return found[0][0] if found else None

    @cached_property
    def missing_migrations(self) -> list[str]:
        return missing_migrations()

    @cached_property
    def workers(self) -> list[WorkerLine]:
        """Return the workers that there are, and those that have left within ten minutes."""
        return worker_lines(self.now)

    @cached_property
    def alive(self) -> list[WorkerLine]:
        return [worker for worker in self.workers if worker.status in ("alive", "silent")]

    @cached_property
    def broker(self) -> Connection:
        """Return a connection of the broker. Raises what the broker raises."""
        return connect(self.broker_url)

    @cached_property
    def depths(self) -> QueueDepths:
        return QueueDepths(self.broker_url)

    @property
    def version(self) -> int:
        """Return PostgreSQL's, such as 180006."""
        return int(self.connection_info.server_version)

    @property
    def connection_info(self) -> Any:
        """Return what psycopg knows of the session: host, port, version."""
        connection.ensure_connection()
        return connection.connection.info

    @cached_property
    def redis(self) -> Any:
        """Return a client of Valkey or Redis, where that is the broker."""
        return Redis.from_url(
            self.broker_url, socket_timeout=BROKER_PATIENCE, socket_connect_timeout=BROKER_PATIENCE, retry=NO_RETRY
        )

    @property
    def is_redis(self) -> bool:
        return self.broker_url.startswith("redis")

    @contextmanager
    def at_the_database(self) -> Iterator[None]:
        """Look at the database: nothing is changed, and no statement takes long. Notes when it is lost."""
        try:
            with transaction.atomic():
                try:
                    with connection.cursor() as cursor:
                        settings = ", ".join(["set_config(%s, %s, true)"] * len(SETTINGS))
                        cursor.execute(f"SELECT {settings}", [word for pair in SETTINGS.items() for word in pair])
                    yield
                finally:
                    transaction.set_rollback(True)
        except (DatabaseError, InterfaceError) as error:
            cause = error.__cause__
            if getattr(cause, "sqlstate", None) is None and is_of_the_session(cause):
                self.database_away = brief(error)
            raise
        except TookTooLong:
            self.database_away = f"it has not answered within {CHECK_PATIENCE:g} s"
            connection.close()
            raise

    def close(self) -> None:
        """Close what was opened of the broker. Never raises."""
        if "depths" in self.__dict__:
            self.depths.close()
        if "redis" in self.__dict__:
            self.redis.close()
        if "broker" in self.__dict__:
            self.broker.collect(socket_timeout=1)


@contextmanager
def bounded(seconds: float = CHECK_PATIENCE) -> Iterator[None]:
    """Raise TookTooLong in what takes longer. Only in the main thread, as that of a command; elsewhere not bounded."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: object) -> None:
        raise TookTooLong(f"it took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def brief(error: BaseException) -> str:
    """Return what an error says, in a line without secrets."""
    said = masked(" ".join(str(error).split()), shortest=1)
    return said[:300] or type(error).__name__
