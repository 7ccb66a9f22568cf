import uuid

import pytest
from celery import current_app
from kombu import Producer

from jobs import dispatcher

NO_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture
def queue():
    """A queue of our own; returns a function that takes its messages out."""
    name = f"test-{uuid.uuid4().hex[:8]}"

    def messages():
        with current_app.connection_for_read() as connection, connection.SimpleQueue(name) as waiting:
            found = []
            while True:
                try:
                    message = waiting.get(block=False)
                except waiting.Empty:
                    return found
                message.ack()
                found.append(message)

    messages.name = name
    yield messages
    with current_app.connection_for_read() as connection:
        connection.default_channel.queue_delete(name)


@pytest.fixture(autouse=True)
def _forgiving(monkeypatch):
    monkeypatch.setattr(dispatcher.late_lane, "_avoid_until", 0.0)


@pytest.fixture
def no_broker(monkeypatch):
    def closed(**_options):
        return current_app.connection(NO_BROKER)

    monkeypatch.setattr(current_app, "connection_for_write", closed)
    monkeypatch.setattr(current_app, "producer_or_acquire", lambda given=None: given or Producer(closed()))
    return monkeypatch
