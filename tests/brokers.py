"""What tests before have left on a broker."""

from __future__ import annotations

from celery import current_app

from tests.conftest import IDENTITY


def purge(broker_url: str, queue: str = "default") -> None:
    """Remove the messages that wait in a queue: of another test, and so of another installation."""
    with current_app.connection(broker_url) as broker:
        queue = current_app.amqp.queues[queue](broker.default_channel)
        queue.declare()
        queue.purge()


def forget_the_ledger(broker_url: str) -> None:
    """Remove the memory of how far the ledger had come: a test that made the tables anew (tests/test_migrations.py) has
    counted it from 1 again, and beat would rightly hold all jobs, as after a restore."""
    with current_app.connection(broker_url) as broker:
        broker.default_channel.queue_delete(f"runat-memory-{IDENTITY.mark}")
