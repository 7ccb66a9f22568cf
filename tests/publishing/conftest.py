import uuid

import pytest
from celery import current_app
from kombu import Producer

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


@pytest.fixture
def no_broker():
    """Nothing listens where the broker should be, until `undo` is called."""
    opened = current_app.connection_for_write

    def closed(*_arguments, **_options):
        return opened(NO_BROKER)

    with pytest.MonkeyPatch.context() as patch:  # its own: undoing it must not undo what other fixtures have set
        patch.setattr(current_app, "connection_for_write", closed)
        patch.setattr(current_app, "producer_or_acquire", lambda given=None: given or Producer(closed()))
        yield patch
