"""The broker of a drill: a throw-away Valkey, or anybody's, whose data we leave alone as far as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from kombu import Connection

from launcher.servers.valkey import Valkey
from verification.drill.services.behind_proxy import BehindProxy
from verification.drill.services.tcp_proxy import Delays

REDIS_PORT, AMQP_PORT = 6379, 5672
SLOWLY = Delays(way=(0.3, 0.8), answer=(0.3, 0.8))


class Broker(BehindProxy):
    """`note` says for the verdict how faults are done to it."""

    def __init__(self, url: str, server: Valkey | None = None) -> None:
        self._redis = server is not None or urlsplit(url).scheme.startswith("redis")
        super().__init__(url, REDIS_PORT if self._redis else AMQP_PORT, server)

    @property
    def note(self) -> str:
        if self._server is not None:
            return "a throw-away Valkey behind a proxy of ours, stopped and started for real"
        wiped = "FLUSHDB empties its database" if self._redis else "nothing but our own queues is deleted"
        return f"connections are cut and refused at a proxy of ours; {wiped}"

    def slow(self) -> None:
        """Everything takes its time, until it is `up`."""
        self.slow_down(SLOWLY)

    def wipe(self, queues: Sequence[str]) -> None:
        """Make the broker lose what it holds, at once. Raises what the broker raises."""
        if self._redis:
            flush(self.far)
        else:
            delete(self.far, queues, exchanges=False)

    def close(self, queues: Sequence[str]) -> None:
        """Disconnect, and leave nothing behind."""
        self.down()
        if not self._redis:
            delete(self.far, queues, exchanges=True)


def flush(url: str) -> None:
    """FLUSHDB: the whole of the database number in the URL."""
    with Connection(url) as connection:
        channel: Any = connection.default_channel  # each transport has its own kind
        channel.client.flushdb()


def delete(url: str, queues: Sequence[str], *, exchanges: bool) -> None:
    """Delete queues with whatever is in them, and the exchanges of their names if we shall not need them again."""
    with Connection(url) as connection:
        channel: Any = connection.default_channel
        for queue in queues:
            channel.queue_delete(queue)
            if exchanges:
                channel.exchange_delete(queue)
