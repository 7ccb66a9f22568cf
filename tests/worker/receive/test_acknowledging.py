"""What is dealt with is acknowledged together, on a real broker; a loss of it costs nothing but a second delivery."""

import threading
import uuid
from contextlib import closing

import pytest
import redis.connection
from celery import current_app
from kombu import Consumer, Queue

from jobs.events.worker.receive import MessagesNotAcknowledged, MessagesNotHandedBack
from jobs.worker.receive.acks import acknowledge, hand_back, keeps_unacknowledged, lighten, one_client


@pytest.fixture
def connection():
    with closing(current_app.connection_for_write()) as connection:
        yield connection


@pytest.fixture
def queue(connection):
    queue = Queue(f"acknowledging-{uuid.uuid4().hex[:8]}")
    yield queue
    queue(connection.default_channel).delete()


def take(connection, queue, messages):
    """Publish as many and take them, unacknowledged."""
    taken = []
    for number in range(messages):
        connection.Producer().publish([[number, 1], {}, {}], routing_key=queue.name, declare=[queue])
    channel = connection.channel()
    one_client(channel)
    channel.basic_qos(0, messages, False)
    with Consumer(channel, [queue], on_message=taken.append):
        while len(taken) < messages:
            connection.drain_events(timeout=10)
    return channel, taken


@pytest.fixture
def sent(monkeypatch):
    """What this thread sends to Redis, one for each round trip. The server's own counters see the other tests too."""
    trips, thread = [], threading.get_ident()
    send = redis.connection.Connection.send_packed_command

    def noting(self, command, *args, **options):
        if threading.get_ident() == thread:
            trips.append(b"".join(command) if isinstance(command, list) else command)
        return send(self, command, *args, **options)

    monkeypatch.setattr(redis.connection.Connection, "send_packed_command", noting)
    return trips


def test_many_are_acknowledged_in_one_round_trip(connection, queue, sent):
    channel, messages = take(connection, queue, 3)
    assert keeps_unacknowledged(channel)
    client = channel._create_client()
    tags = [message.delivery_tag for message in messages]
    assert all(client.hexists(channel.unacked_key, tag) for tag in tags)
    sent.clear()
    acknowledge(messages, connection.connection_errors)
    trips = [trip for trip in sent if b"ZREM" in trip]
    assert len(trips) == len(sent) == 1
    assert not any(client.hexists(channel.unacked_key, tag) for tag in tags)
    assert not any(client.zscore(channel.unacked_index_key, tag) for tag in tags)
    assert all(message.acknowledged for message in messages)
    channel.qos.restore_unacked_once()
    assert client.llen(queue.name) == 0, "what is acknowledged does not come back"


def test_what_is_not_acknowledged_comes_back(connection, queue):
    channel, messages = take(connection, queue, 3)
    acknowledge(messages[:2], connection.connection_errors)
    channel.qos.restore_unacked_once()
    assert channel._create_client().llen(queue.name) == 1


def test_what_is_handed_back_is_the_next_to_be_taken_and_in_its_order(connection, queue, monkeypatch):
    monkeypatch.setattr("jobs.worker.receive.acks.RESTORED_TOGETHER", 2)
    channel, messages = take(connection, queue, 4)
    connection.Producer().publish([[9, 1], {}, {}], routing_key=queue.name)
    hand_back(messages[2:], connection.connection_errors)
    hand_back(messages[:2], connection.connection_errors)
    client = channel._create_client()
    assert not any(client.hexists(channel.unacked_key, message.delivery_tag) for message in messages)
    channel.qos.restore_unacked_once()
    assert client.llen(queue.name) == 5, "each is there once"
    other = connection.channel()
    taken = [queue(other).get().payload[0][0] for _ in range(5)]
    assert taken == [0, 1, 2, 3, 9]


def test_one_that_another_has_restored_meanwhile_is_not_made_two(connection, queue):
    channel, messages = take(connection, queue, 2)
    channel.qos.restore_by_tag(messages[0].delivery_tag)
    hand_back(messages, connection.connection_errors)
    assert channel._create_client().llen(queue.name) == 2


def test_a_broker_that_is_lost_has_kept_what_was_to_be_handed_back(connection, queue, monkeypatch, caplog):
    channel, messages = take(connection, queue, 2)

    def lost(*args):
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(channel.qos, "pipe_or_acquire", lost)
        hand_back(messages, (ConnectionResetError,))
    assert "2 messages could not be handed back" in caplog.text
    channel.qos.restore_unacked_once()
    assert channel._create_client().llen(queue.name) == 2


def test_the_loss_of_the_broker_is_no_error(connection, queue, monkeypatch, caplog):
    channel, messages = take(connection, queue, 2)

    def lost(*args):
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(channel.qos, "pipe_or_acquire", lost)
        acknowledge(messages, (ConnectionResetError,))
    assert "2 messages could not be acknowledged" in caplog.text
    assert not any(message.acknowledged for message in messages)


class OfRabbitMQ:
    """A message of a connection that is lost."""

    channel = None

    def __init__(self, error):
        self.error = error

    def ack(self):
        raise self.error

    def reject(self, requeue):
        raise self.error


def test_the_loss_of_rabbitmq_is_told_for_each_message_and_is_no_error(emitted):
    error = ConnectionResetError("gone")
    acknowledge([OfRabbitMQ(error)] * 2, (ConnectionResetError,))
    hand_back([OfRabbitMQ(error)], (ConnectionResetError,))
    assert emitted == [MessagesNotAcknowledged(1, error)] * 2 + [MessagesNotHandedBack(1, error)]


def test_a_broken_pipe_is_told_and_left_to_the_event_loop_which_connects_again(emitted):
    error = BrokenPipeError("gone")
    with pytest.raises(BrokenPipeError):
        acknowledge([OfRabbitMQ(error)], (OSError,))
    assert emitted == [MessagesNotAcknowledged(1, error)]


def test_nothing_to_acknowledge_asks_nobody():
    acknowledge([], ())
    hand_back([], ())


def test_a_message_whose_text_was_let_go_of_is_acknowledged_or_comes_back_whole(connection, queue):
    channel, messages = take(connection, queue, 3)
    for message in messages:
        lighten(message)
        assert [message.body, message.headers, message._raw] == [b"", {}, None]
    acknowledge(messages[:1], connection.connection_errors)
    hand_back(messages[1:2], connection.connection_errors)
    channel.qos.restore_unacked_once()
    again = channel.connection.client.channel()
    found = [queue(again).get(no_ack=True) for _ in range(3)]
    assert sorted(message.payload[0] for message in found if message is not None) == [[1, 1], [2, 1]]
