"""Messages to the workers: Celery messages (protocol 2) of one job each, with `eta = run_at`, or of a bundle of jobs.
Written once here instead of by `apply_async`, which spends three quarters of its time on what our messages do not have.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from celery import current_app
from kombu import Connection

from jobs import traceparent
from jobs.clock import clock
from jobs.events import emit
from jobs.events.publishing import BrokerConnectionNotClosed
from jobs.installation import known
from jobs.models.querysets import Listed
from jobs.publishing.bundles import Bundle

if TYPE_CHECKING:
    from kombu import Producer

T = TypeVar("T")

RUN_JOB = "jobs.run"  # the name of the one Celery task that runs jobs
BUNDLE = "bundle"  # its keyword argument that has the (id, version, microseconds since the epoch) of each of many jobs
HOPS = "hops"  # the header that counts how many workers have passed a message on
PASSED_BY = "passed_by"  # the header that names the last of them
INSTALLATION = "installation"  # the header that says whose it is
AFTER = "after"  # the header with the latest start that its sender knew of: a database without it is an older one
PUBLISHED = "published"  # the header that says when it was sent, where attempts have spans
PUBLISH_TIMEOUT = 2  # seconds for a broker to take a message, or to confirm several
PERSISTENT = 2  # AMQP's delivery mode
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORIGIN = f"{os.getpid()}@{socket.gethostname()}"


class Passed(NamedTuple):
    """The way of a message so far: how many workers have passed it on, and the last of them."""

    hops: int = 0
    by: str = ""


UNPASSED = Passed()


def send(listed: Listed, producer: Producer, passed: Passed = UNPASSED) -> None:
    """Publish one job: its id and version, and when it is due. Raises what the broker raises."""
    arguments = f"[{listed.id}, {listed.version}]"
    # Readable in Celery's own tools, and different for each delivery.
    task_id = f"job-{listed.id}-v{listed.version}-{listed.deliveries}"
    headers = _headers(listed, task_id, arguments, passed)
    _publish(f"[{arguments}, {{}}, {{}}]", headers, listed.queue, producer)


def send_bundle(bundle: Bundle, producer: Producer, passed: Passed = UNPASSED) -> None:
    """Publish these jobs of one queue, soonest first, in one message: as `send` does it, if it is only one."""
    first, more = bundle[0], len(bundle) - 1
    if not more:
        send(first, producer, passed)
        return
    jobs = [[one.id, one.version, microseconds(one.run_at)] for one in bundle]
    task_id = f"job-{first.id}-v{first.version}-{first.deliveries}-and-{more}-more"
    body = json.dumps([[], {BUNDLE: jobs}, {}], separators=(",", ":"))
    _publish(body, _headers(first, task_id, f"[{first.id} and {more} more]", passed), first.queue, producer)


def microseconds(moment: datetime) -> int:
    """Return that moment in microseconds since the epoch."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _headers(first: Listed, task_id: str, shown: str, passed: Passed) -> dict[str, object]:
    return {
        "lang": "py",
        "task": RUN_JOB,
        "id": task_id,
        "root_id": task_id,
        "parent_id": None,
        "eta": first.run_at.isoformat(),
        "expires": None,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": shown,
        "kwargsrepr": "{}",
        "origin": ORIGIN,
        "ignore_result": True,
        HOPS: passed.hops,
        PASSED_BY: passed.by,
        INSTALLATION: known.mark(),
        AFTER: known.start,
        **({PUBLISHED: clock.timestamp()} if traceparent.is_on() else {}),
    }


def _publish(body: str, headers: dict[str, object], queue: str, producer: Producer) -> None:
    producer.publish(
        body,
        content_type="application/json",
        content_encoding="utf-8",
        exchange="",
        routing_key=queue,
        declare=[current_app.amqp.queues[queue]],
        delivery_mode=PERSISTENT,
        headers=headers,
        correlation_id=headers["id"],
        timeout=PUBLISH_TIMEOUT,
        confirm_timeout=PUBLISH_TIMEOUT,
    )


def send_each(left: list[T], send_one: Callable[[T, Producer], object]) -> None:
    """Publish these one by one over a connection of the process's pool, each leaving the list when the broker has it.
    Raises what the broker raises."""
    with current_app.producer_or_acquire() as producer:
        try:
            while left:
                send_one(left[0], producer)
                left.pop(0)
        except Exception:
            # Or the pool hands the broken connection to the next caller.
            producer.connection.collect(socket_timeout=1)
            raise


class Refused(Exception):
    """The broker has answered that it does not take a message: its queue is full, for instance."""


def refuses_only_a_queue(error: Exception) -> bool:
    """Return whether the broker lives and takes messages of other queues: this one is of another kind, for instance."""
    broker = Connection(current_app.conf.broker_write_url)  # opens nothing: the classes are its transport's
    return isinstance(error, (Refused, *broker.channel_errors)) and not isinstance(error, broker.connection_errors)


class Publisher:
    """A connection to the broker on which many messages go out together: one round trip for all of them, on Redis and
    Valkey as a pipeline, on RabbitMQ with the confirmations awaited at the end."""

    def __init__(self) -> None:
        """Connect. Raises what the broker raises."""
        # Each message confirmed for itself would be a round trip each.
        self._connection: Connection = current_app.connection_for_write(transport_options={"confirm_publish": False})
        self._connection.ensure_connection(max_retries=1, timeout=PUBLISH_TIMEOUT)
        self._producer: Producer = current_app.amqp.Producer(self._connection)
        channel = self._producer.channel
        self._confirms = PublisherConfirms(channel) if hasattr(channel, "confirm_select") else None

    def send(self, bundles: Sequence[Bundle]) -> None:
        """Publish these. Raises what the broker raises; then nobody knows which of them it has."""
        with self._producer.batch():  # type: ignore[attr-defined]
            for bundle in bundles:
                send_bundle(bundle, self._producer)
        if self._confirms is not None:
            self._confirms.wait(len(bundles), self._connection)

    def discard(self) -> None:
        """Close the connection without waiting for a good-bye that may never come. Never raises."""
        try:
            self._connection.collect(socket_timeout=1)
        except Exception as error:  # noqa: BLE001 - it is being thrown away
            emit(BrokerConnectionNotClosed(error))


class PublisherConfirms:
    """Counts what RabbitMQ has confirmed on one channel."""

    def __init__(self, channel: Any) -> None:
        self._sent = self._confirmed = 0
        self._refused = False
        channel.events["basic_ack"].add(self._acked)
        channel.events["basic_nack"].add(self._nacked)
        channel.confirm_select()

    def wait(self, messages: int, connection: Connection) -> None:
        """Wait until these messages, the last that were sent, are confirmed. Raises Refused when they are refused, and
        OSError when they are not confirmed in time.
        """
        self._sent += messages
        while self._confirmed < self._sent:
            connection.drain_events(timeout=PUBLISH_TIMEOUT)
        if self._refused:
            self._refused = False
            raise Refused("RabbitMQ refused a message")

    def _acked(self, tag: int, multiple: bool) -> None:
        self._confirmed = max(self._confirmed, tag) if multiple else self._confirmed + 1

    def _nacked(self, tag: int, multiple: bool) -> None:
        self._refused = True
        self._acked(tag, multiple)
