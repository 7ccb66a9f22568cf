"""A queue that the broker refuses holds up no other; the broker itself being away is another matter."""

import json
from datetime import timedelta

import pytest
from celery import current_app

from jobs.models import Job
from jobs.models.querysets import Listed
from jobs.publishing.late import LatePublisher
from jobs.publishing.messages import refuses_only_a_queue
from jobs.scheduler.dispatcher import Dispatcher
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
HORIZON = NOW + timedelta(seconds=60)


@pytest.fixture
def refused(queue):
    """The name of a queue that cannot be one: on Redis a key of another kind has it. In their order it is the first."""
    name = f"bad-{queue.name}"
    with current_app.connection_for_write() as connection:
        connection.default_channel.client.sadd(name, "no list")
    yield name
    with current_app.connection_for_write() as connection:
        connection.default_channel.client.delete(name)


@pytest.fixture
def one():
    one = Dispatcher("beat@test")
    yield one
    one.disconnect()


def published(queue):
    return [json.loads(message.body)[0][0] for message in queue()]


def test_all_others_go_out_in_one_call_and_the_refused_wait_for_the_next_window(make_job, queue, refused, one):
    pairs = [(make_job(30, queue=refused).pk, make_job(30, queue=queue.name).pk) for _ in range(20)]
    assert len(one.list(now=NOW, horizon=HORIZON)) == 40
    one.publish(10)
    assert published(queue) == [good for _, good in pairs]
    marked = set(Job.objects.exclude(enqueued_at=None).values_list("pk", flat=True))
    assert marked == {good for _, good in pairs}
    assert one.waiting == 0


def test_two_refused_queues_hold_up_a_third_for_one_call_at_most(make_job, queue, refused, one):
    other = f"{refused}-too"
    with current_app.connection_for_write() as connection:
        connection.default_channel.client.sadd(other, "no list")
    try:
        for name in (refused, other, queue.name):
            make_job(30, queue=name)
        one.list(now=NOW, horizon=HORIZON)
        one.publish(10)
        assert one.waiting == 3, "three failures end a call"
        one.publish(10)
        assert len(queue()) == 1
        assert one.waiting == 0
    finally:
        with current_app.connection_for_write() as connection:
            connection.default_channel.client.delete(other)


def test_jobs_of_many_queues_go_out_together(queue, one, monkeypatch):
    """One round trip for a hundred, whatever their queues: one for each change of queue took five times as long."""
    names = [f"{queue.name}-{number}" for number in range(4)]
    trips = []
    publisher = one._connected()
    send = publisher.send
    monkeypatch.setattr(publisher, "send", lambda jobs: (trips.append(len(jobs)), send(jobs)))
    one.wait([Listed(number, 1, NOW, names[number % 4], 1) for number in range(200)])
    try:
        assert one.publish(10) == 200
        assert trips == [100, 100]
    finally:
        with current_app.connection_for_write() as connection:
            for name in names:
                assert connection.default_channel.client.llen(name) == 50
                connection.default_channel.queue_delete(name)


def test_late_jobs_of_other_queues_are_published_while_one_is_refused(
    make_job, queue, refused, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        bad = make_job(2, queue=refused)
    with django_capture_on_commit_callbacks(execute=True):
        good = make_job(2, queue=queue.name)
    bad.refresh_from_db()
    assert bad.enqueued_at is None, "the next list query takes it"
    assert published(queue) == [good.pk]


def test_of_late_jobs_that_are_committed_together_the_good_ones_go_out(queue, refused):
    jobs = [Listed(number, 1, NOW, refused if number % 2 else queue.name, 1) for number in range(6)]
    LatePublisher()._publish(jobs)
    assert published(queue) == [0, 2, 4]


def test_only_what_the_broker_says_of_a_queue_is_about_a_queue(refused, queue):
    with current_app.connection_for_write() as connection:
        client = connection.default_channel.client
        with pytest.raises(Exception, match="WRONGTYPE") as caught:
            client.lpush(refused, "x")
    assert refuses_only_a_queue(caught.value)
    assert not refuses_only_a_queue(OSError("no route"))
    assert not refuses_only_a_queue(TimeoutError())
    assert not refuses_only_a_queue(ValueError("a bug of ours"))
