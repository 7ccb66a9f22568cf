"""A backlog that the broker still has is not listed again; the broker is asked before the list query, not in it."""

from datetime import timedelta

import pytest

from jobs.models import Job
from jobs.publishing.bundles import DENSE
from jobs.publishing.depths import QueueDepths
from jobs.scheduler import dispatcher
from jobs.scheduler.dispatcher import CROWD, Dispatcher
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def depths():
    depths = QueueDepths()
    yield depths
    depths.close()


def test_a_backlog_that_the_broker_still_has_is_not_published_again(make_job, queue, depths, monkeypatch):
    monkeypatch.setattr(dispatcher, "CROWD", 2)
    for _ in range(3):
        make_job(30, queue=queue.name)
    one = Dispatcher("beat@test")

    def list_at(after):
        one.look_for_crowds(depths, 5)
        now = NOW + timedelta(seconds=after)
        return len(one.list(now=now, horizon=now + timedelta(seconds=60)))

    assert (list_at(0), one.publish(10)) == (3, 3)
    assert [list_at(40), list_at(50), list_at(60)] == [0, 0, 0], "no worker has fetched them"
    assert len(queue()) == 3
    assert (list_at(70), one.publish(10)) == (3, 3), "whoever has fetched them has lost them"
    one.disconnect()


def test_bundles_are_a_crowd_by_their_jobs(queue, depths):
    """Few messages have many jobs: all of them would be published once more."""
    Job.objects.bulk_create(
        Job(target="demo.noop", payload={}, run_at=NOW + timedelta(seconds=30), queue=queue.name) for _ in range(DENSE)
    )
    one = Dispatcher("beat@test")

    def list_at(after):
        one.look_for_crowds(depths, 5)
        now = NOW + timedelta(seconds=after)
        return len(one.list(now=now, horizon=now + timedelta(seconds=60)))

    assert (list_at(0), one.publish(10)) == (DENSE, DENSE)
    assert [list_at(40), list_at(50), list_at(60)] == [0, 0, 0], "no worker has fetched them"
    assert len(queue()) < CROWD
    assert list_at(70) == DENSE, "whoever has fetched them has lost them"
    one.disconnect()


def test_an_old_answer_counts_no_more(make_job, queue, depths, monkeypatch):
    """The broker does not answer any more: it may have lost what it had."""
    monkeypatch.setattr(dispatcher, "CROWD", 0)
    make_job(30, queue=queue.name)
    one = Dispatcher("beat@test")
    assert len(one.list(now=NOW, horizon=NOW + timedelta(seconds=60))) == one.publish(10) == 1
    one.look_for_crowds(depths, 5)
    asked = dispatcher.steady()
    monkeypatch.setattr(dispatcher, "steady", lambda: asked + dispatcher.CROWDED_FOR)
    late = NOW + timedelta(seconds=40)
    assert len(one.list(now=late, horizon=late + timedelta(seconds=60))) == 1
    one.disconnect()


def test_the_broker_is_asked_no_longer_than_it_may(depths, monkeypatch):
    one = Dispatcher("beat@test")
    one._queues = {f"q{number}": 1.0 for number in range(3000)}
    asked = []
    clock = iter(range(10_000))
    monkeypatch.setattr(dispatcher, "steady", lambda: float(next(clock)))
    monkeypatch.setattr(depths, "of", lambda queue: asked.append(queue) or 0)
    one.look_for_crowds(depths, 10)
    assert len(asked) < 11
