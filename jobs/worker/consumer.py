"""Celery's consumer, which outlives the loss of its broker and is back as soon as the broker is."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from celery.worker.consumer import Consumer

COLLECT_TIMEOUT = 1.0  # seconds
TRY_EVERY = 1  # seconds; kombu's own pauses grow to 30 s, by which every job would be late when the broker is back


class JobConsumer(Consumer):
    """The `worker_consumer` of our workers."""

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, trying again at a steady pace however long the broker has been away."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=TRY_EVERY, interval_step=0, interval_max=TRY_EVERY
        )
        return super().ensure_connected(conn)

    def on_close(self) -> None:
        """The connection is lost. Jobs that wait here start at their time all the same."""
        self.controller.jobs.disconnected()  # type: ignore[attr-defined]
        super().on_close()

    def on_connection_error_after_connected(self, exc: Exception) -> Any:
        """Take the broken connection apart before Celery does, which tries once and then closes it unguarded.

        kombu 5.7 gives up its first try on Redis at the interrupted read, with the messages that wait for their eta
        not yet given back; the second meets a transport that is gone, and its AttributeError ends the worker. With
        the first try spent here, Celery's own is that second one, whose errors it ignores, and its close finds
        nothing left to do.
        """
        if self.connection is not None:
            with suppress(Exception):
                self.connection.collect(socket_timeout=COLLECT_TIMEOUT)
        return super().on_connection_error_after_connected(exc)
