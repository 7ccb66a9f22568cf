"""What the broker says: whether it answers, and how many messages wait in a queue. Never waits long."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from celery import current_app
from kombu import Connection

from jobs.breaker import Breaker

log = logging.getLogger(__name__)

PATIENCE = 1  # seconds for any one answer of the broker
ASK_AGAIN_AFTER = 5.0  # seconds: a broker that is away must not make every page wait for it


@dataclass(frozen=True)
class Depths:
    """Messages waiting per queue; None for a queue that RabbitMQ does not have yet."""

    reachable: bool
    waiting: dict[str, int | None]


class BrokerEye:
    """One connection that is kept: a new one a second would flood the broker's log. One channel, too: on Redis each
    is a connection of its own."""

    def __init__(self, url: str = "") -> None:
        self._url = url
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._channel: Any = None
        self._breaker = Breaker(ASK_AGAIN_AFTER)

    def depths(self, queues: Iterable[str]) -> Depths:
        """Ask for the depth of each queue. Never raises: an unreachable broker is an answer."""
        names = sorted(set(queues))
        with self._lock:
            if self._breaker.open:
                return Depths(reachable=False, waiting={})
            kept = self._connection is not None
            try:
                try:
                    return self._ask(names)
                except Exception as error:
                    if not kept:
                        raise
                    log.debug("the kept connection to the broker had ended: %s", error)
                    self.close()
                    return self._ask(names)
            except Exception as error:  # noqa: BLE001 - kombu's transports raise what they like
                log.warning("the broker does not answer: %s", error)
                self.close()
                self._breaker.trip()
                return Depths(reachable=False, waiting={})

    def close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                connection.collect(socket_timeout=PATIENCE)  # close() waits for an answer, as long again
            except Exception as error:  # noqa: BLE001 - it is being thrown away
                log.debug("closing the broker connection: %s", error)

    def _ask(self, queues: list[str]) -> Depths:
        if self._connection is None:
            self._connection = connect(self._url)
        return Depths(reachable=True, waiting={name: self._depth(self._connection, name) for name in queues})

    def _depth(self, connection: Connection, queue: str) -> int | None:
        self._channel = self._channel or connection.channel()
        try:
            return int(self._channel.queue_declare(queue, passive=True).message_count)
        except connection.channel_errors:
            if connection.transport.driver_type == "redis":
                return 0  # it keeps no empty list: a queue that is not there is an empty one
            self._channel = None  # AMQP closes the channel on which a queue was not found
            return None


def connect(url: str = "") -> Connection:
    """A new connection, to our broker unless another is named, whose every answer is waited for at most PATIENCE.

    Raises what the broker raises.
    """
    url = url or str(current_app.conf.broker_url)
    options: dict[str, object] = dict(current_app.conf.broker_transport_options or {})
    timeouts = (
        ("socket_connect_timeout", "socket_timeout") if url.startswith("redis") else ("read_timeout", "write_timeout")
    )
    options.update(dict.fromkeys(timeouts, PATIENCE))
    connection = current_app.connection_for_read(url, connect_timeout=PATIENCE, heartbeat=0, transport_options=options)
    try:
        # Not `connect()`, which would try again after a pause of 2 s.
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE)
    except Exception:
        connection.close()
        raise
    return connection


def answers(url: str = "") -> bool:
    """Whether the broker can be reached now."""
    try:
        connect(url).close()
    except Exception as error:  # noqa: BLE001 - kombu's transports raise what they like
        log.warning("the broker does not answer: %s", error)
        return False
    return True


eye = BrokerEye()
