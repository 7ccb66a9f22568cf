"""How many messages wait in a queue, and a connection that is thrown away."""

import pytest

from jobs.events.publishing import BrokerConnectionNotClosed
from jobs.publishing.depths import QueueDepths


def test_one_that_cannot_be_closed_is_replaced_all_the_same(monkeypatch, emitted):
    depths = QueueDepths()
    assert not depths.of("no-such-queue")
    error = OSError("broken")

    def broken(**options):
        raise error

    connection = depths._connection
    monkeypatch.setattr(connection, "collect", broken)
    depths.close()
    assert emitted.of(BrokerConnectionNotClosed) == [BrokerConnectionNotClosed(error)]
    assert not depths.connected
    assert not depths.of("no-such-queue"), "it asks on a new one"
    depths.close()
    monkeypatch.undo()
    connection.collect()


def test_a_queue_that_is_not_there_is_an_empty_one_on_redis():
    depths = QueueDepths()
    assert depths.of("no-such-queue") == 0
    depths.close()


@pytest.mark.rabbitmq
def test_rabbitmq_says_of_each_that_it_is_not_there(rabbitmq):
    depths = QueueDepths(rabbitmq)
    assert [depths.of("no-such-queue"), depths.of("nor-this")] == [None, None]
    depths.close()


@pytest.mark.parametrize("broker", ["valkey", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def test_all_at_once_are_as_one_by_one(broker, request):
    depths = QueueDepths(request.getfixturevalue(broker) if broker == "rabbitmq" else "")
    queues = ["no-such-queue", "depths-of-all"]
    depths.of("no-such-queue")
    with depths._connection.clone() as connection, connection.SimpleQueue("depths-of-all") as queue:
        for priority in (0, 9, 0):
            queue.put({}, priority=priority)
        try:
            assert depths.of_all(queues) == {name: depths.of(name) for name in queues}
            assert depths.of_all(queues)["depths-of-all"] == 3
        finally:
            queue.queue.delete()
    depths.close()
