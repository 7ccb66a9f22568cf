"""Depths of the broker's queues, in messages that wait. Never waits long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import current_app
from kombu import Connection

from jobs.events import emit
from jobs.events.publishing import BrokerConnectionNotClosed

PATIENCE = 1  # seconds for any one answer of the broker


class QueueDepths:
    """Reader of queue depths, over a connection that is kept: a new one a second would flood the broker's log. One
    channel, too: on Redis each is a connection of its own. Of one thread at a time.
    """

    def __init__(self, url: str = "") -> None:
        """`url`: of our broker, unless another is named."""
        self._url = url
        self._connection: Connection | None = None
        self._channel: Any = None

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def of(self, queue: str) -> int | None:
        """Return how many messages of this queue no worker has fetched yet; None for one that RabbitMQ does not have
        yet. Raises what the broker raises.
        """
        if self._connection is None:
            self._connection = connect(self._url)
        self._channel = self._channel or self._connection.channel()
        try:
            return int(self._channel.queue_declare(queue, passive=True).message_count)
        except self._connection.channel_errors:
            if self._connection.transport.driver_type == "redis":
                return 0  # it keeps no empty list: a queue that is not there is an empty one
            self._channel = None  # AMQP closes the channel on which a queue was not found
            return None

    def of_all(self, queues: Sequence[str]) -> dict[str, int | None]:
        """Return the same of each of these queues: of Redis, asked at once. Raises what the broker raises."""
        if self._connection is None:
            self._connection = connect(self._url)
        if self._connection.transport.driver_type != "redis":
            return {queue: self.of(queue) for queue in queues}
        self._channel = self._channel or self._connection.channel()
        channel: Any = self._channel
        steps = len(channel.priority_steps)
        with channel.conn_or_acquire() as client, client.pipeline(transaction=False) as asked:
            for queue in queues:
                for priority in channel.priority_steps:
                    asked.llen(channel._q_for_pri(queue, priority))
            found = asked.execute()
        return {queue: sum(found[n * steps : (n + 1) * steps]) for n, queue in enumerate(queues)}

    def close(self) -> None:
        """Close the connection without waiting for a good-bye that may never come. Never raises."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                connection.collect(socket_timeout=PATIENCE)  # close() waits for an answer, as long again
            except Exception as error:  # noqa: BLE001 - it is being thrown away
                emit(BrokerConnectionNotClosed(error))


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
