"""The broker of a drill and what can be done to it: a Valkey of our own, or another's behind a gate."""

from __future__ import annotations

import subprocess
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from kombu import Connection

from jobs.drill.services.gate import Gate
from project.local.process import stop
from project.local.servers.valkey import Valkey


class Broker(Protocol):
    """`url` is what the drill's processes are given; `note` says how faults are done to it."""

    url: str
    note: str

    def down(self) -> None:
        """Nobody can reach it from now on."""

    def up(self) -> None:
        """It can be reached again, with what it has kept."""

    def wipe(self, queue: str) -> None:
        """It loses what it holds, at once."""

    def close(self, queue: str) -> None:
        """Leave nothing behind."""


class OwnValkey:
    """The throw-away server: it is stopped and started for real."""

    note = "a throw-away Valkey, stopped and started for real"

    def __init__(self, server: Valkey) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = server.start()
        self.url = server.url()

    def down(self) -> None:
        if self._process is not None:
            stop(self._process, self._server.farewell)
            self._process = None

    def up(self) -> None:
        if self._process is None:
            self._process = self._server.start()

    def wipe(self, queue: str) -> None:
        flush(self.url)

    def close(self, queue: str) -> None:
        self.down()


class Gated:
    """Somebody's broker: we cut and refuse our own connections, and delete our own queue."""

    note = "connections are cut and refused at a gate of ours; nothing but our own queue is deleted"

    def __init__(self, url: str) -> None:
        self._far = url
        parts = urlsplit(url)
        self._redis = parts.scheme.startswith("redis")
        if self._redis:
            self.note = "connections are cut and refused at a gate of ours; FLUSHDB empties its database"
        self._gate = Gate(parts.hostname or "127.0.0.1", parts.port or (6379 if self._redis else 5672))
        login = parts.netloc.rpartition("@")[0]
        here = f"127.0.0.1:{self._gate.port}"
        self.url = urlunsplit(parts._replace(netloc=f"{login}@{here}" if login else here))

    def down(self) -> None:
        self._gate.shut()

    def up(self) -> None:
        self._gate.open()

    def wipe(self, queue: str) -> None:
        if self._redis:
            flush(self._far)
        else:
            delete(self._far, queue, exchange=False)

    def close(self, queue: str) -> None:
        self._gate.shut()
        if not self._redis:
            delete(self._far, queue, exchange=True)


def flush(url: str) -> None:
    """FLUSHDB: the whole of the database number in the URL."""
    with Connection(url) as connection:
        channel: Any = connection.default_channel  # each transport has its own kind
        channel.client.flushdb()


def delete(url: str, queue: str, *, exchange: bool) -> None:
    """Delete one queue with whatever is in it, and the exchange of its name if we shall not need it again."""
    with Connection(url) as connection:
        channel: Any = connection.default_channel
        channel.queue_delete(queue)
        if exchange:
            channel.exchange_delete(queue)
