"""Publishing to a real broker: one message a job, and nothing is lost while the broker is away."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from kombu import Producer

from jobs import dispatcher, rules, transitions
from jobs.dispatcher import Dispatcher
from jobs.models import Job
from jobs.models.querysets import Listed
from tests.conftest import NOW

DUE = datetime(2030, 1, 1, 12, 0, 8, 123456, tzinfo=UTC)
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


def test_it_publishes_soonest_first_and_no_more_than_asked(queue):
    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 1, 2, 3))
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
        raise OSError("the broker went away")

    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 1, 2))
    with monkeypatch.context() as broken:
        broken.setattr(dispatcher, "send", fail)
        assert (one.publish(10), one.waiting) == (0, 2)
    assert (one.publish(10), one.waiting) == (2, 0)
    assert [json.loads(m.body)[0][0] for m in queue()] == [1, 2]
    one.disconnect()


def test_a_broken_connection_is_replaced(queue):
    one = Dispatcher("beat@test")
    one.wait(waiting(queue, 1))
    one.publish(10)
    one._connection.transport.close_connection = lambda c: 1 / 0
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
    assert one.list(now=NOW, horizon=NOW + timedelta(seconds=60)) == 1
    assert one.list(now=NOW, horizon=NOW + timedelta(seconds=60)) == 0
    assert one.publish(10) == 1
    (message,) = queue()
    assert json.loads(message.body)[0] == [job.pk, 1]
    one.disconnect()


@pytest.mark.django_db
def test_the_late_lane_publishes_at_commit_and_not_before(make_job, queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        make_job(2, queue=queue.name)
        make_job(60, queue=queue.name)
    assert queue() == []
    for callback in callbacks:
        callback()
    assert len(queue()) == 1


@pytest.mark.django_db
def test_a_job_is_accepted_while_the_broker_is_away(make_job, queue, no_broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = make_job(2, queue=queue.name)
    job.refresh_from_db()
    assert job.enqueued_at is None, "the next list query takes it"
    assert [
        j.id for j in Job.objects.list_and_mark(now=NOW, horizon=job.run_at + timedelta(1), window=10, client="x")
    ] == [job.pk]


@pytest.mark.django_db
def test_of_a_bulk_only_what_did_not_go_out_is_given_back(queue, monkeypatch, django_capture_on_commit_callbacks):
    sent = []

    def send_two(listed, producer):
        if len(sent) == 2:
            raise OSError("the broker went away")
        sent.append(listed.id)

    monkeypatch.setattr(dispatcher, "send", send_two)
    new = [rules.NewJob("demo.noop", {}, NOW + timedelta(seconds=1), queue=queue.name) for _ in range(4)]
    with django_capture_on_commit_callbacks(execute=True):
        jobs = transitions.create_many(new, now=NOW)
    left = Job.objects.filter(enqueued_at=None).order_by("pk").values_list("pk", flat=True)
    assert list(left) == [job.pk for job in jobs[2:]]


def test_nothing_late_nothing_to_do(django_capture_on_commit_callbacks, db):
    with django_capture_on_commit_callbacks() as callbacks:
        dispatcher.late_lane.at_commit([])
    assert callbacks == []


@pytest.mark.django_db
def test_a_failure_is_told_as_the_broker_told_it(
    make_job, queue, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    def fail(listed, producer):
        assert producer.connection.connect()
        raise OSError("timed out")

    monkeypatch.setattr(dispatcher, "send", fail)
    monkeypatch.setattr(dispatcher.log, "propagate", True)
    monkeypatch.setattr(dispatcher.logging.getLogger("jobs"), "propagate", True)
    with django_capture_on_commit_callbacks(execute=True):
        make_job(2, queue=queue.name)
    assert "could not be published now (timed out)" in caplog.text


@pytest.mark.django_db
def test_after_a_failure_the_next_callers_do_not_wait_for_the_broker(
    make_job, queue, monkeypatch, django_capture_on_commit_callbacks
):
    tried = []

    def fail(listed, producer):
        tried.append(listed.id)
        raise OSError("timed out")

    monkeypatch.setattr(dispatcher, "send", fail)
    with django_capture_on_commit_callbacks(execute=True):
        first = make_job(2, queue=queue.name)
    with django_capture_on_commit_callbacks(execute=True):
        second = make_job(2, queue=queue.name)
    assert tried == [first.pk]
    assert Job.objects.filter(pk__in=[first.pk, second.pk], enqueued_at=None).count() == 2
    monkeypatch.setattr(dispatcher, "AVOID_FOR", 0.0)
    monkeypatch.setattr(dispatcher.late_lane, "_avoid_until", dispatcher.time.monotonic())
    with django_capture_on_commit_callbacks(execute=True):
        third = make_job(2, queue=queue.name)
    assert tried == [first.pk, third.pk]


@pytest.mark.django_db
def test_a_queue_that_the_broker_refuses_does_not_hold_up_the_others(make_job, queue):
    """On Redis a key of another kind may have the queue's name."""
    bad = f"{queue.name}-bad"
    with current_app.connection_for_write() as connection:
        connection.default_channel.client.sadd(bad, "no list")
    try:
        refused, good = make_job(30, queue=bad), make_job(30, queue=queue.name)
        one = Dispatcher("beat@test")
        assert one.list(now=NOW, horizon=NOW + timedelta(seconds=60)) == 2
        assert [one.publish(10), one.publish(10), one.publish(10)] == [0, 0, 1]
        assert len(queue()) == 1
        refused.refresh_from_db()
        good.refresh_from_db()
        assert (refused.enqueued_at, good.enqueued_at) == (None, NOW)
        one.disconnect()
    finally:
        with current_app.connection_for_write() as connection:
            connection.default_channel.client.delete(bad)


@pytest.mark.django_db
def test_a_commit_that_the_next_list_query_overtook_publishes_after_all(
    make_job, queue, monkeypatch, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        job = make_job(10, queue=queue.name)
    assert job.enqueued_at is None
    monkeypatch.setattr(dispatcher.clock, "now", lambda: NOW + timedelta(seconds=8))
    for callback in callbacks:
        callback()
    assert len(queue()) == 1
    job.refresh_from_db()
    assert (job.enqueued_at, job.deliveries) == (NOW + timedelta(seconds=8), 1)
