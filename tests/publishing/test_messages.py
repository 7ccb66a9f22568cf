"""Many messages in one round trip, on both brokers: all of them, or an error."""

import uuid

import pytest
from celery import current_app

from jobs.clock import clock
from jobs.installation import known
from jobs.models.querysets import Listed
from jobs.publishing.messages import Publisher, PublisherConfirms, Refused, send, send_each


def singly(queue, n=250):
    return [(job,) for job in jobs(queue, n)]


def jobs(queue, n=250):
    return [Listed(i, 1, clock.now(), queue, 1) for i in range(1, n + 1)]


def test_all_of_them_on_redis_and_valkey(queue):
    publisher = Publisher()
    publisher.send(singly(queue.name))
    publisher.discard()
    assert len({message.headers["id"] for message in queue()}) == 250


def test_each_names_its_installation_and_the_latest_start_it_knows_of(queue):
    known.heard(41)
    send_each(jobs(queue.name, 1), send)
    (message,) = queue()
    assert message.headers["installation"] == known.identity().mark
    assert message.headers["after"] == 41


@pytest.mark.rabbitmq
class TestRabbitMQ:
    @pytest.fixture
    def publisher(self, rabbitmq, monkeypatch):
        connect = current_app.connection_for_write
        monkeypatch.setattr(
            current_app, "connection_for_write", lambda url=None, **options: connect(url or rabbitmq, **options)
        )
        publisher = Publisher()
        yield publisher
        publisher.discard()

    @pytest.fixture
    def name(self, rabbitmq):
        name = f"test-{uuid.uuid4().hex[:8]}"
        yield name
        with current_app.connection(rabbitmq) as connection:
            connection.default_channel.queue_delete(name)

    def test_when_it_returns_every_message_is_confirmed(self, publisher, name, rabbitmq):
        for _ in range(3):
            publisher.send(singly(name))
        assert publisher._confirms._confirmed == 750
        with current_app.connection(rabbitmq) as connection:
            assert connection.default_channel.queue_declare(name, passive=True).message_count == 750


class Channel:
    def __init__(self):
        self.events = {"basic_ack": set(), "basic_nack": set()}

    def confirm_select(self):
        pass

    def confirm(self, event, tag, multiple=False):
        (callback,) = self.events[event]
        callback(tag, multiple)


class Broker:
    """Answers one thing for each time it is asked."""

    def __init__(self, channel, *answers):
        self.channel, self.answers = channel, list(answers)

    def drain_events(self, timeout):
        if not self.answers:
            raise TimeoutError
        self.channel.confirm(*self.answers.pop(0))


def test_confirmations_may_come_alone_or_for_many():
    channel = Channel()
    confirms = PublisherConfirms(channel)
    broker = Broker(channel, ("basic_ack", 1), ("basic_ack", 4, True), ("basic_ack", 5))
    confirms.wait(5, broker)
    assert not broker.answers


def test_one_that_does_not_come_is_an_error():
    channel = Channel()
    with pytest.raises(TimeoutError):
        PublisherConfirms(channel).wait(2, Broker(channel, ("basic_ack", 1)))


def test_a_refusal_is_an_error():
    channel = Channel()
    with pytest.raises(Refused, match="refused"):
        PublisherConfirms(channel).wait(2, Broker(channel, ("basic_ack", 1), ("basic_nack", 2)))
