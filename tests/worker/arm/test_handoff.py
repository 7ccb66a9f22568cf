"""What is passed on: in messages of its own, bundles in bundles."""

import json

import pytest

from jobs.publishing.bundles import MOST
from jobs.worker.arm import handoff
from jobs.worker.arm.handoff import MOST_HOPS, Handoff
from jobs.worker.arm.waiting_jobs import Delivery, Waiting
from tests.publishing.conftest import queue
from tests.worker.arm.steps import wait_for

__all__ = ["other_queue", "queue"]  # fixtures

other_queue = queue


class Passing:
    """A thread that passes jobs on to a real broker."""

    def __init__(self):
        self.kept, self.acknowledged = [], []
        self.handoff = Handoff("w1@test")
        self.handoff.start(self.kept.append)

    def bundle(self, queue, jobs, *, hops=0, first=1):
        delivery = Delivery(lambda: self.acknowledged.append(first), lambda *handed: None, jobs)
        return [Waiting(first + n, 1, 1000.0 - n, queue, hops, (delivery,)) for n in range(jobs)]


@pytest.fixture
def passing():
    made = Passing()
    yield made
    made.handoff.stop()


def test_jobs_of_bundles_go_on_in_bundles_of_their_queue_soonest_first(passing, queue, other_queue):
    here, there = passing.bundle(queue.name, MOST + 2), passing.bundle(other_queue.name, 2, first=900)
    alone = passing.bundle(queue.name, 1, first=800)
    passing.handoff.put([*here, *there, *alone])
    wait_for(lambda: len(passing.acknowledged) == 3)
    bodies = [json.loads(message.body) for message in queue()]
    assert sorted(len(options.get("bundle", ())) for _, options, _ in bodies) == [0, 2, MOST]
    assert [arguments for arguments, _, _ in bodies if arguments] == [[800, 1]]
    for _, options, _ in bodies:
        dues = [due for _, _, due in options.get("bundle", ())]
        assert dues == sorted(dues)
    assert len(other_queue()) == 1


def test_a_bundle_has_gone_as_far_as_the_job_of_it_that_has_gone_furthest(passing, queue):
    passing.handoff.put([*passing.bundle(queue.name, 2, hops=3), *passing.bundle(queue.name, 2, hops=5, first=50)])
    wait_for(lambda: len(passing.acknowledged) == 2)
    (message,) = queue()
    assert (message.headers["hops"], message.headers["passed_by"]) == (6, "w1@test")


def test_what_the_broker_does_not_take_stays_and_goes_nowhere_any_more(passing, queue, monkeypatch):
    def fail(bundle, producer, passed):
        raise OSError("no broker")

    monkeypatch.setattr(handoff, "send_bundle", fail)
    passing.handoff.put(passing.bundle(queue.name, 3))
    wait_for(lambda: len(passing.kept) == 3)
    assert ({one.hops for one in passing.kept}, passing.acknowledged) == ({MOST_HOPS}, [])


def test_jobs_of_a_queue_in_which_messages_wait_are_not_wanted(passing, queue):
    assert not passing.handoff.is_wanted(queue.name), "nobody has looked yet"
    wait_for(lambda: passing.handoff.is_wanted(queue.name))
    assert not passing.handoff.is_wanted(queue.name), "once for each look"
    passing.handoff.put(passing.bundle(queue.name, 3))
    wait_for(lambda: passing.acknowledged)
    looked = passing.handoff._looked[queue.name]
    wait_for(lambda: not passing.handoff.is_wanted(queue.name) and passing.handoff._looked[queue.name][0] > looked[0])
    looked = passing.handoff._looked[queue.name]
    wait_for(lambda: passing.handoff.is_wanted(queue.name) or passing.handoff._looked[queue.name][0] > looked[0])
    assert not passing.handoff.is_wanted(queue.name)
    queue()
    wait_for(lambda: passing.handoff.is_wanted(queue.name))


def test_a_broker_that_does_not_answer_is_left_alone_for_a_while(passing, queue, monkeypatch, emitted):
    asked = []

    def fail(queue):
        asked.append(queue)
        raise OSError("no broker")

    monkeypatch.setattr(passing.handoff._depths, "of", fail)
    assert not passing.handoff.is_wanted(queue.name)
    wait_for(lambda: emitted)
    now = handoff.steady()
    monkeypatch.setattr(handoff, "steady", lambda: now + handoff.LOOK_AGAIN - 0.1)
    assert not passing.handoff.is_wanted(queue.name)
    monkeypatch.setattr(handoff, "steady", lambda: now + handoff.LOOK_AGAIN + 0.1)
    assert not passing.handoff.is_wanted(queue.name)
    wait_for(lambda: len(asked) == 2)
    assert {type(told).__name__ for told in emitted} == {"QueueNotLookedInto"}
