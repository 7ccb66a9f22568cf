"""The broker's depth of each queue, on the broker of the environment; and no long wait for one that is away."""

from __future__ import annotations

import socket
import time
import uuid

import pytest
from celery import current_app
from django.conf import settings

from jobs.monitor import broker
from jobs.monitor.broker import BrokerClient
from tests.monitor.hole import Hole


@pytest.fixture
def client():
    found = BrokerClient()
    yield found
    found.close()


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


def test_messages_that_wait_are_counted(client, queue):
    depths = client.depths([queue, "default"])
    assert depths.reachable
    assert depths.waiting[queue] == 3


def test_a_queue_that_is_not_there_breaks_nothing(client, queue):
    depths = client.depths(["no-such-queue", queue])
    assert depths.waiting["no-such-queue"] in (0, None)
    assert depths.waiting[queue] == 3


def test_the_connection_is_kept_and_replaced_when_it_has_ended(client, queue):
    assert client.depths([queue]).reachable
    kept = client._depths
    kept._connection.close()
    kept._connection = kept._connection.clone(hostname="127.0.0.1", port=1)
    assert client.depths([queue]).waiting[queue] == 3


def test_many_queues_are_looked_at_through_one_channel(client, queue):
    """On Redis each channel is a connection, and costs as much as a page."""
    client.depths([queue])
    channel = client._depths._channel
    assert client.depths(["no-such-queue", "nor-this", queue]).waiting[queue] == 3
    assert (client._depths._channel is channel) == settings.CELERY_BROKER_URL.startswith("redis")


def test_a_broker_that_is_away_is_not_waited_for_twice(monkeypatch):
    away = BrokerClient("redis://127.0.0.1:1/0")
    assert not away.depths(["default"]).reachable
    monkeypatch.setattr(away._depths, "of", lambda queue: pytest.fail("it was asked again"))
    assert not away.depths(["default"]).reachable


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_never_answers_costs_about_a_second(scheme):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        before = time.monotonic()
        assert not broker.answers(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}//")
        assert time.monotonic() - before < 2.5


@pytest.fixture
def hole():
    made = []

    def before(url):
        made.append(Hole(url))
        return made[-1]

    yield before
    for one in made:
        one.close()


def test_a_broker_that_became_a_black_hole_is_away(hole):
    way = hole(settings.CELERY_BROKER_URL)
    client = BrokerClient(way.url)
    assert client.depths(["default"]).reachable
    way.open = True
    assert not client.depths(["default"]).reachable
    assert way.swallowed, "it was asked"


@pytest.mark.rabbitmq
def test_a_connection_that_is_thrown_away_says_no_good_bye(hole, rabbitmq):
    """An AMQP good-bye waits for its answer, and the page with it."""
    way = hole(rabbitmq)
    client = BrokerClient(way.url)
    assert client.depths(["default"]).reachable
    way.open = True
    client.close()
    assert way.swallowed == b""


def test_the_broker_of_the_environment_answers():
    assert broker.answers()
