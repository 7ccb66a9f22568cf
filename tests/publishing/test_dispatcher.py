"""Publishing to a real broker: one message a job, and nothing is lost while the broker is away."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from jobs.models.querysets import Listed
from jobs.publishing import messages
from jobs.scheduler import dispatcher
from jobs.scheduler.dispatcher import Dispatcher
from tests.conftest import NOW

DUE = datetime(2030, 1, 1, 12, 0, 8, 123456, tzinfo=UTC)


def waiting(queue, *ids, due=DUE):
    return [Listed(i, 3, due, queue.name, 1) for i in ids]


def test_a_message_is_the_id_the_version_and_the_time(queue):
    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 7))
    assert one.publish(10) == 1
    (message,) = queue()
    arguments, _, _ = json.loads(message.body)
    assert arguments == [7, 3]
    assert message.headers["task"] == "jobs.run"
    assert datetime.fromisoformat(message.headers["eta"]) == DUE
    assert message.headers["id"] == "job-7-v3-1"
    assert message.content_type == "application/json"
    one.disconnect()


def test_it_publishes_soonest_first_and_no_more_than_asked(queue, monkeypatch):
    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 1, 2, 3))
    monkeypatch.setattr(dispatcher, "TOGETHER", 1)
    assert (one.publish(0), one.waiting) == (1, 2), "at least one, however little time there is"
    assert (one.publish(10), one.waiting) == (2, 0)
    assert [json.loads(m.body)[0][0] for m in queue()] == [1, 2, 3]
    one.disconnect()


def test_what_the_broker_refuses_waits_and_goes_out_when_it_is_back(queue, no_broker):
    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 1, 2))
    assert (one.publish(10), one.waiting) == (0, 2)
    no_broker.undo()
    assert (one.publish(10), one.waiting) == (2, 0)
    assert len(queue()) == 2
    one.disconnect()


def test_a_message_that_fails_in_the_sending_waits_too(queue, monkeypatch):
    def fail(listed, producer):
        if listed.id == 2:
            raise OSError("the broker went away")

    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 1, 2))
    with monkeypatch.context() as broken:
        broken.setattr(messages, "send", fail)
        assert (one.publish(10), one.waiting) == (0, 2)
    assert (one.publish(10), one.waiting) == (2, 0)
    assert [json.loads(m.body)[0][0] for m in queue()] == [1, 2]
    one.disconnect()


def test_a_broken_connection_is_replaced(queue):
    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 1))
    one.publish(10)
    one._publisher._connection.transport.close_connection = lambda c: 1 / 0
    one.disconnect()
    one.disconnect()
    one.wait(waiting(queue, 2))
    assert one.publish(10) == 1
    one.disconnect()


def test_what_another_leader_has_listed_is_forgotten(queue):
    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 1))
    one.forget()
    assert (one.waiting, one.publish(10)) == (0, 0)
    one.disconnect()


@pytest.mark.django_db
def test_the_list_query_feeds_it(make_job, queue):
    job = make_job(30, queue=queue.name)
    one = Dispatcher("beat@test")
    assert len(one.list(now=NOW, horizon=NOW + timedelta(seconds=60))) == 1
    assert one.list(now=NOW, horizon=NOW + timedelta(seconds=60)) == []
    assert one.publish(10) == 1
    (message,) = queue()
    assert json.loads(message.body)[0] == [job.pk, 1]
    one.disconnect()
