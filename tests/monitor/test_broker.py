"""The broker's depth of each queue, on the broker of the environment; and no long wait for one that is away."""

from __future__ import annotations

import socket
import time
import uuid

import pytest
from celery import current_app

from jobs.monitor import broker
from jobs.monitor.broker import BrokerEye


@pytest.fixture
def look():
    """A look of our own, past the stand-in of the other tests."""
    found = BrokerEye()
    yield lambda names: BrokerEye.depths(found, names)
    found.close()


@pytest.fixture
def broker_at(monkeypatch):
    def use(url: str) -> None:
        monkeypatch.setattr(broker, "connect", lambda: _connect(url))

    def _connect(url: str):
        original = current_app.connection_for_read
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                type(current_app._get_current_object()), "connection_for_read", lambda app, **kw: original(url, **kw)
            )
            return CONNECT()

    return use


CONNECT = broker.connect


@pytest.fixture
def queue():
    """A queue with three messages, gone afterwards."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    with current_app.connection_for_write() as connection:
        simple = connection.SimpleQueue(name)
        for n in range(3):
            simple.put({"n": n})
        yield name
        simple.queue.delete()
        simple.close()


def test_messages_that_wait_are_counted(look, queue):
    depths = look([queue, "default"])
    assert depths.reachable
    assert depths.waiting[queue] == 3


def test_a_queue_that_is_not_there_breaks_nothing(look, queue):
    depths = look(["no-such-queue", queue])
    assert depths.waiting["no-such-queue"] in (0, None)
    assert depths.waiting[queue] == 3


def test_the_connection_is_kept_and_replaced_when_it_has_ended(look, queue):
    assert look([queue]).reachable
    kept = look.__closure__[0].cell_contents
    kept._connection.close()
    kept._connection = kept._connection.clone(hostname="127.0.0.1", port=1)
    assert look([queue]).waiting[queue] == 3


def test_a_broker_that_is_away_is_not_waited_for_twice(look, broker_at):
    broker_at("redis://127.0.0.1:1/0")
    assert not look(["default"]).reachable
    before = time.monotonic()
    assert not look(["default"]).reachable
    assert time.monotonic() - before < 0.05


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_never_answers_costs_about_a_second(broker_at, scheme):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        broker_at(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}//")
        before = time.monotonic()
        assert not broker.answers()
        assert time.monotonic() - before < 2.5


def test_the_broker_of_the_environment_answers():
    assert broker.answers()
