"""Common part of PostgreSQL and Valkey as the launcher starts them: a port, a readiness test, a way to end."""

import signal
import subprocess
import time
from pathlib import Path
from typing import ClassVar

from launcher.home import Home, LauncherError, is_free
from launcher.process import POLL_S, Farewell, spawn, stop
from launcher.servers.binaries import Program

READY_WITHIN_S = 120.0  # recovery after a crash may take a while
PORT_ATTEMPTS = 5
# Only what a server needs: PGPORT and its like in our own environment must not change it.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Server:
    """Embedded server of a home. If it is not `durable`, it trades safety against a crash for speed."""

    name: ClassVar[str]
    title: ClassVar[str]
    death_signal: ClassVar[signal.Signals] = signal.SIGTERM
    farewell: ClassVar[Farewell]

    def __init__(self, home: Home, program: Program, *, durable: bool) -> None:
        self.home = home
        self.program = program
        self.durable = durable
        self.folder = home.server_folder(self.name)
        self.port = home.port(self.name)

    def prepare(self) -> None:
        """Make the data ready to be opened by the server."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The server in the foreground, as a list."""
        raise NotImplementedError

    def is_ready(self, pid: int) -> bool:
        """Return whether the server with that process id takes connections."""
        raise NotImplementedError

    def after_start(self) -> None:
        """Finish the setup once the server takes connections; does nothing by default."""

    def url(self) -> str:
        """Return the address for clients, password included."""
        raise NotImplementedError

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server without waiting for it."""
        with self.home.log_path(self.name).open("ab") as log:
            return spawn(
                self.command(),
                log=log,
                cwd=self.folder,
                environment=ENVIRONMENT,
                death_signal=self.death_signal,
                account=self.home.account,
            )

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it takes connections. Raises LauncherError with its last words."""
        self.prepare()
        for attempt in range(PORT_ATTEMPTS):
            if attempt:
                self.port = self.home.new_port(self.name)
            process = self.spawn()
            try:
                if self._wait_ready(process):
                    self.after_start()
                    return process
            except BaseException:  # also Ctrl-C: what was started here is stopped here
                stop(process, self.farewell)
                raise
            # Another program may have taken the port since it was chosen.
            if is_free(self.port):
                break
        raise LauncherError(f"{self.title} did not start; its last words:\n{self.last_words()}")

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for the server: True when it is ready, False when its process has ended.

        Raises LauncherError after READY_WITHIN_S seconds.
        """
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                return False
            if self.is_ready(process.pid):
                return True
            time.sleep(POLL_S)
        raise LauncherError(
            f"{self.title} is not ready after {READY_WITHIN_S:.0f} s; its last words:\n{self.last_words()}"
        )

    def last_words(self, lines: int = 8) -> str:
        """The end of the server's log."""
        path: Path = self.home.log_path(self.name)
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
