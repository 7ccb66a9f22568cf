"""A worker that holds messages for later loses its Redis broker and lives on."""

from types import SimpleNamespace

import pytest
from celery import current_app
from celery.worker.consumer import Consumer

from jobs.worker.receive.consumer import JobConsumer


class BrokenConnection:
    """As kombu's on Redis: the first try is cut short, the second finds the transport gone, the third nothing to do."""

    connection_errors = channel_errors = (OSError,)

    def __init__(self):
        self.tries = 0
        self.transport = SimpleNamespace()

    def collect(self, socket_timeout=None):
        self.close()

    def close(self):
        self.tries += 1
        if self.tries == 2:
            raise AttributeError("'NoneType' object has no attribute 'hostname'")


def consumer(kind):
    one = kind.__new__(kind)
    one.connection = BrokenConnection()
    one.app = SimpleNamespace(
        conf=SimpleNamespace(
            worker_cancel_long_running_tasks_on_connection_loss=True, worker_enable_prefetch_count_reduction=False
        )
    )
    return one


def test_it_is_still_needed():
    with pytest.raises(AttributeError):
        consumer(Consumer).on_connection_error_after_connected(OSError("gone"))


def test_it_outlives_the_loss():
    one = consumer(JobConsumer)
    broken = one.connection
    one.on_connection_error_after_connected(OSError("gone"))
    assert one.connection is None
    assert broken.tries == 3


def test_it_tries_again_at_a_steady_pace(monkeypatch):
    one = JobConsumer.__new__(JobConsumer)
    one.app, one.first_connection_attempt, one.broker_connection_retry_attempt = current_app, True, 0
    pauses = []

    class BackAgain(Exception):
        pass

    def error(text, where, why, then):
        pauses.append(then)
        if len(pauses) == 3:
            raise BackAgain

    monkeypatch.setattr("celery.worker.consumer.consumer.error", error)
    with pytest.raises(BackAgain):
        one.ensure_connected(current_app.connection("redis://127.0.0.1:1/0"))
    assert all("in 1.00 second" in then for then in pauses)
