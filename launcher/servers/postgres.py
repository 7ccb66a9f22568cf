"""PostgreSQL: a cluster made once, one database, passwords by SCRAM over 127.0.0.1 only."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import Connection

from launcher.home import Home, LauncherError
from launcher.process import POLL_S, Farewell, tied
from launcher.record import started_at
from launcher.servers.binaries import Program
from launcher.servers.roles import SUPERUSER, ensure_role, own_all
from launcher.servers.server import ENVIRONMENT, Server

USER = DATABASE = "runat"
BUILTIN_LOCALE_SINCE = 17
STALE_WAIT_S = 30.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, a checkout's path more
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "400",  # two workers of a hundred slots whose bodies ask the database have more than 200
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",  # our statements are short: compiling them costs more than it saves
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
LIBRARY_FOLDERS = ("lib", "lib/postgresql", "lib64/pgsql")  # wheel and Debian, Homebrew, Red Hat
STATISTICS = "pg_stat_statements"


class Postgres(Server):
    """The database server of one home."""

    name: ClassVar[str] = "postgres"
    title: ClassVar[str] = "PostgreSQL"
    death_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": ends sessions, then a clean shutdown
    farewell: ClassVar[Farewell] = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))

    def __init__(self, home: Home, program: Program, *, durable: bool, superuser: bool = True) -> None:
        """`superuser`: our role may do everything with the server, as tests want it, which make roles and databases."""
        super().__init__(home, program, durable=durable)
        self.superuser = superuser

    @property
    def data(self) -> Path:
        """The cluster's folder."""
        return self.folder / "data"

    def prepare(self) -> None:
        """Make the cluster if there is none that is whole.

        Raises LauncherError for data of another major version.
        """
        for draft in self.folder.glob("new-*"):  # an initdb that was interrupted
            shutil.rmtree(draft)
        mark = self.data / "PG_VERSION"
        if not (self.data / "global" / "pg_control").exists() or not mark.exists():
            if self.data.exists():
                self.data.rename(self.folder / f"incomplete-{time.time_ns()}")
            self._initdb()
        if (found := mark.read_text().strip()) != str(self.program.major):
            raise LauncherError(
                f"the data in {self.data} were written by PostgreSQL {found}, "
                f"and this is PostgreSQL {self.program.major}: dump them with the old version, "
                "or set RUNAT_HOME to a new folder"
            )
        self._remove_stale_pidfile()

    def _initdb(self) -> None:
        """Make the cluster aside and move it into place when it is whole."""
        draft = self.folder / f"new-{os.getpid()}"
        account = self.home.account
        first, secret = (USER, self._password) if self.superuser else (SUPERUSER, self._superuser_password)
        password = self.home.write_private(f"{self.name}/first-password", secret, owner=account)
        command = [str(self.program.path.with_name("initdb")), "-D", str(draft), "-U", first, f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions", *self._locale()]
        if not self.durable:
            command.append("--no-sync")
        log = self.home.log_path("initdb")
        try:
            with log.open("wb") as output:
                done = subprocess.run(
                    tied(command, account=account),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    env=ENVIRONMENT,
                    check=False,
                )
        finally:
            password.unlink()
        if done.returncode != 0:
            raise LauncherError(f"initdb failed:\n{log.read_text(errors='replace')[-2000:]}")
        draft.rename(self.data)

    def _locale(self) -> list[str]:
        if self.program.major < BUILTIN_LOCALE_SINCE:
            return ["--locale=C.UTF-8"]
        # PostgreSQL's own: the same order and upper/lower case on every machine, whatever locales it has.
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]

    def _remove_stale_pidfile(self) -> None:
        """Remove the pidfile of a dead server: PostgreSQL refuses to start while its number lives, even elsewhere."""
        path = self.data / "postmaster.pid"
        deadline = time.monotonic() + STALE_WAIT_S
        while path.exists() and time.monotonic() < deadline:
            pid = int(path.read_text().partition("\n")[0] or 0)
            if started_at(pid) is None or sys.platform != "linux":
                return  # PostgreSQL itself checks best that nothing of a dead server is left
            if not self._works_here(pid):
                path.unlink(missing_ok=True)
                return
            time.sleep(POLL_S)  # a server that outlived its supervisor is on its way out

    def _works_here(self, pid: int) -> bool:
        """Return whether the process has the cluster as its working directory, as every postmaster has."""
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == self.data.resolve()
        except OSError:
            return False

    @property
    def _password(self) -> str:
        return self.home.secret(self.name)

    def command(self) -> list[str]:
        """postgres in the foreground with our settings."""
        settings = SETTINGS | {"port": str(self.port)}
        if self._has_statistics:
            settings["shared_preload_libraries"] = STATISTICS
        if not self.durable:
            settings |= THROWAWAY_SETTINGS
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self.program.path), "-D", str(self.data), *options]

    @property
    def _has_statistics(self) -> bool:
        """Return whether pg_stat_statements is installed: preloading a missing extension would prevent the start."""
        root = self.program.path.resolve().parents[1]
        return any((root / lib / f"{STATISTICS}.so").exists() for lib in LIBRARY_FOLDERS)

    def is_ready(self, pid: int) -> bool:
        """Ask the pidfile, which says more than a refused connection and leaves no line in the log."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def after_start(self) -> None:
        """Create our role, the database and the statistics extension where they are missing."""
        if not self.superuser:
            ensure_role(partial(self._connect, "postgres"), USER, self._password, self._superuser_password)
        with self._as_superuser("postgres") as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not found:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {USER}")
        with self._as_superuser(DATABASE) as connection:
            if not self.superuser:
                own_all(connection, USER)
            # Asked first: one that is made read-only starts as well.
            found = connection.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [STATISTICS]).fetchone()
            if self._has_statistics and not found:
                connection.execute(f"CREATE EXTENSION {STATISTICS}")

    def _as_superuser(self, database: str) -> Connection:
        if self.superuser:
            return self._connect(database, USER, self._password)
        return self._connect(database, SUPERUSER, self._superuser_password)

    def _connect(self, database: str, user: str, password: str) -> Connection:
        return psycopg.connect(
            autocommit=True, host="127.0.0.1", port=self.port, dbname=database, user=user, password=password
        )

    @property
    def _superuser_password(self) -> str:
        return self.home.secret("postgres_superuser")

    def url(self) -> str:
        """The database's address."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"
