"""What tests before have left on a broker."""

from __future__ import annotations

import time

from celery import current_app

from tests.conftest import IDENTITY


def purge(broker_url: str, queue: str = "default") -> None:
    """Remove the messages that wait in a queue, and those that a killed worker had: of another test, and so of another
    installation."""
    with current_app.connection(broker_url) as broker:
        channel = broker.default_channel
        queue = current_app.amqp.queues[queue](channel)
        queue.declare()
        for _ in range(100):  # RabbitMQ gives back what a worker had when it sees that it is gone: then nobody consumes
            if not queue.queue_declare().consumer_count:
                break
            time.sleep(0.05)
        queue.purge()
        if hasattr(channel, "unacked_key"):  # Redis gives it back an hour later
            channel.client.delete(channel.unacked_key, channel.unacked_index_key)


def forget_the_ledger(broker_url: str) -> None:
    """Remove the memory of how far the ledger had come: a test that made the tables anew (tests/test_migrations.py) has
    counted it from 1 again, and beat would rightly hold all jobs, as after a restore."""
    with current_app.connection(broker_url) as broker:
        broker.default_channel.queue_delete(f"runat-memory-{IDENTITY.mark}")
