"""The throw-away database server of a drill."""

from __future__ import annotations

import signal

import psycopg

from launcher.process import Farewell
from launcher.servers.postgres import Postgres
from verification.drill.services.behind_proxy import BehindProxy
from verification.drill.services.tcp_proxy import Delays

POSTGRESQL_PORT = 5432
SLOWLY = Delays(answer=(0.05, 0.2))
FAST: Farewell = ((signal.SIGINT, 30.0), (signal.SIGKILL, 5.0))  # ends all sessions first
IMMEDIATE: Farewell = ((signal.SIGQUIT, 30.0), (signal.SIGKILL, 5.0))  # as in a crash: the next start recovers


class Database(BehindProxy):
    """Durable: a lost COMMIT would be the server's fault, not ours. The beats and workers go through the proxy, the
    drill itself past it: who swallows what passes must not wait for it."""

    def __init__(self, server: Postgres) -> None:
        super().__init__("", POSTGRESQL_PORT, server)
        self._is_read_only = False

    @property
    def open(self) -> bool:
        """Return whether nothing is being done to it: a stopped server could not be made writable again."""
        return super().open and not self._is_read_only

    def read_only(self, *, yes: bool) -> None:
        """Have every session refuse to write from its next statement on, or no longer."""
        with psycopg.connect(self.far, autocommit=True, options="-c default_transaction_read_only=off") as session:
            if yes:
                session.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            else:
                session.execute("ALTER SYSTEM RESET default_transaction_read_only")
            session.execute("SELECT pg_reload_conf()")
        self._is_read_only = yes

    def slow(self) -> None:
        """Delay every answer, until `up`."""
        self.slow_down(SLOWLY)

    def restart(self, *, immediate: bool) -> None:
        self.down(IMMEDIATE if immediate else FAST)
        self.up()
