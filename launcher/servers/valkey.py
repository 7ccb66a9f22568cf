"""Valkey (or Redis): the broker, with everything it accepted kept in an append-only file."""

import signal
import socket
from typing import ClassVar

from launcher.process import Farewell
from launcher.servers.server import Server

CONFIGURATION = "valkey.conf"
ANSWER_WITHIN_S = 1.0


class Valkey(Server):
    """The broker of one home."""

    name: ClassVar[str] = "valkey"
    title: ClassVar[str] = "Valkey"
    farewell: ClassVar[Farewell] = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))

    def prepare(self) -> None:
        """Do nothing: the data appear with the first start."""

    def command(self) -> list[str]:
        """Write the configuration (a password on the command line would show in `ps`) and name it."""
        folder = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            "bind 127.0.0.1",
            "protected-mode yes",
            f"port {self.port}",
            f"requirepass {self._password}",
            f'dir "{folder}"',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",  # an evicted message is a job that starts late
            "daemonize no",
        ]
        name = f"{self.name}/{CONFIGURATION}"
        path = self.home.write_private(name, "\n".join([*lines, ""]), owner=self.home.account)
        return [str(self.program.path), str(path)]

    @property
    def _password(self) -> str:
        return self.home.secret(self.name)

    def is_ready(self, pid: int) -> bool:
        """Return whether the server answers a PING; False while it still loads its data."""
        words = f"AUTH {self._password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_WITHIN_S) as connection:
                connection.sendall(words)
                answer = b""
                while answer.count(b"\r\n") < 2 and (chunk := connection.recv(4096)):
                    answer += chunk
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def url(self) -> str:
        """The broker's address."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"
