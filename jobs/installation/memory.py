"""Remembers how far the ledger has come, outside of the database: a database that was put back does not know it.

It is one message in a durable queue of the broker, which no worker takes from. Its name has the incarnation: what was
remembered before a release no longer counts.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from typing import Any

from celery import current_app
from kombu import Queue

from jobs.clock import steady
from jobs.events import emit
from jobs.events.installation import MemoryNotWritten, MemoryUnreadable

TIMEOUT = 2  # seconds for the broker to be reached
EVERY = 2.0  # seconds between two notes
RETRY = 30.0  # seconds after the broker has failed
MOST_READ = 100  # messages: more than one only after a leader has died at it


@dataclass(frozen=True)
class Memory:
    """The last that was seen: the highest id of a ledger row, the bytes of WAL, and the timeline that they are of."""

    start: int
    written: int
    timeline: int


def read(mark: str) -> Memory | None:
    """Return what the broker keeps for the installation of this mark; None when that is nothing. Raises what the broker
    raises."""
    with _connection() as connection:
        queue = _queue(connection.default_channel, mark)
        found: list[Memory | None] = []
        while len(found) < MOST_READ and (message := queue.get(no_ack=True)) is not None:
            found.append(_decode(message.body))
        known = [one for one in found if one is not None]
        best = max(known, key=lambda one: (one.timeline, one.start, one.written), default=None)
        if best is not None:
            _put(connection, queue, best)
        return best


def write(mark: str, memory: Memory) -> None:
    """Replace what the broker keeps. The new one comes before the old one goes. Raises what the broker raises."""
    with _connection() as connection:
        queue = _queue(connection.default_channel, mark)
        _put(connection, queue, memory)
        for _ in range(queue.queue_declare().message_count - 1):
            queue.get(no_ack=True)


def _connection() -> Any:
    connection = current_app.connection_for_write(transport_options={"read_timeout": TIMEOUT, "write_timeout": TIMEOUT})
    connection.ensure_connection(max_retries=1, timeout=TIMEOUT)
    return connection


def _queue(channel: Any, mark: str) -> Any:
    queue = Queue(f"runat-memory-{mark}", durable=True)(channel)
    queue.queue_declare()
    return queue


def _put(connection: Any, queue: Any, memory: Memory) -> None:
    with connection.Producer() as producer:
        producer.publish(
            json.dumps(asdict(memory)),
            routing_key=queue.name,
            exchange="",
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
        )


def _decode(body: Any) -> Memory | None:
    try:
        return Memory(**{name: int(value) for name, value in json.loads(body).items()})
    except (ValueError, TypeError, AttributeError) as error:
        emit(MemoryUnreadable(error))
        return None


class Keeper:
    """A thread of the leader that notes what it has seen: a broker that hangs must not hold up the leader."""

    def __init__(self) -> None:
        self._wanted: tuple[str, Memory] | None = None
        self._kept: tuple[str, Memory] | None = None
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def note(self, mark: str, memory: Memory) -> None:
        """Have this noted soon. The latest counts."""
        with self._changed:
            self._wanted = (mark, memory)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="memory", daemon=True)
                self._thread.start()
            self._changed.notify()

    def forget(self) -> None:
        """Drop what has yet to be noted: another leads, and notes what it sees."""
        with self._changed:
            self._wanted = None

    def _loop(self) -> None:
        pause_until = 0.0
        while True:
            with self._changed:
                while self._wanted is None or self._wanted == self._kept or steady() < pause_until:
                    self._changed.wait(max(pause_until - steady(), 0.0) or None)
                wanted = self._wanted
            try:
                write(*wanted)
                self._kept = wanted
                pause_until = steady() + EVERY
            except Exception as error:  # noqa: BLE001 - a broker may fail in any way
                emit(MemoryNotWritten(error))
                pause_until = steady() + RETRY
