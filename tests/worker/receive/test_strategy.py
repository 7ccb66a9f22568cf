"""From a message to a job that waits: what is taken, what is refused, and how many may be held."""

import pytest
from celery.bootsteps import CLOSE
from celery.exceptions import InvalidTaskError

from jobs.worker.receive.prefetch import CHUNK
from jobs.worker.receive.reading import read
from jobs.worker.receive.strategy import COMES_BACK, JobStrategy
from tests.worker.celery_doubles import Message
from tests.worker.conftest import NOW, take


def test_a_message_becomes_a_job_that_waits(strategy, taken):
    take(strategy, Message((7, 3), hops=2))
    (one,) = taken
    assert (one.job_id, one.version, one.run_at) == (7, 3, 2_208_988_800.0)
    assert (one.hops, one.queue) == (2, "slow")


def test_one_that_comes_back_has_been_sent_around_sooner(strategy, taken):
    """On a worker that is alone each job without a slot would go around four times."""
    take(strategy, Message(hops=1, passed_by="w2@test"), Message((8, 1), hops=1, passed_by="w1@test"))
    assert [one.hops for one in taken] == [1, 1 + COMES_BACK]


def test_without_eta_it_is_due_at_once():
    assert read(Message(eta=None)) == ([(7, 1, 0.0)], 0)


@pytest.mark.parametrize(
    "message",
    [
        Message(()),
        Message((7,)),
        Message(("7", 1)),
        Message((True, 1)),
        Message((7, -1)),
        Message((2**63, 1)),
        Message(([7], 1)),
        Message(eta="tomorrow"),
        Message(hops="many"),
    ],
)
def test_what_is_no_message_of_ours_is_refused(message):
    with pytest.raises(InvalidTaskError):
        read(message)


def test_it_is_acknowledged_by_the_event_loop_once_it_is_dealt_with(strategy, taken, consumer):
    messages = [Message((n, 1)) for n in range(3)]
    take(strategy, *messages)
    for one in taken:
        one.acknowledge()
    assert [m.acknowledged for m in messages] == [0, 0, 0]
    assert len(consumer.soon) == 1, "one call for all that are dealt with meanwhile"
    consumer.turn()
    assert [m.acknowledged for m in messages] == [1, 1, 1]
    take(strategy, again := Message())
    taken[-1].acknowledge()
    consumer.turn()
    assert again.acknowledged == 1


def test_what_a_lost_connection_brought_is_kept_but_not_acknowledged(strategy, taken, consumer):
    take(strategy, message := Message())
    strategy.close()
    taken[0].acknowledge()
    consumer.turn()
    assert message.acknowledged == 0


def test_jobs_for_later_leave_room_for_those_that_are_due(strategy, taken, consumer):
    take(strategy, *[Message((n, 1)) for n in range(CHUNK + 1)])
    assert consumer.qos.value == 5 + 2 * CHUNK
    assert consumer.qos.changes == 2, "a change is a round trip to the broker"
    for one in taken:
        one.acknowledge()
    consumer.turn()
    assert 5 <= consumer.qos.value <= 5 + CHUNK


def test_jobs_that_are_due_are_bounded_by_the_prefetch(strategy, consumer):
    take(strategy, *[Message((n, 1), eta="2020-01-01T00:00:00+00:00") for n in range(100)])
    assert consumer.qos.changes == 0


@pytest.fixture
def refusing(consumer, taken):
    return JobStrategy(consumer, lambda *jobs: taken.extend(jobs), lambda: NOW, lambda: "full")


def test_a_worker_that_refuses_stops_consuming_before_it_hands_back(refusing, taken, consumer):
    """Else what it hands back comes back to it."""
    message = Message()
    message.reject = lambda *args, **options: consumer.task_consumer.did.append("hand back")
    take(refusing, message)
    taken[0].hand_back()
    assert consumer.task_consumer.did == [], "by the event loop only"
    consumer.turn()
    assert consumer.task_consumer.did == ["cancel", "hand back"]
    assert message.acknowledged == 0


def test_what_is_handed_back_leaves_room_for_others(refusing, taken, consumer):
    messages = [Message((n, 1)) for n in range(CHUNK + 1)]
    take(refusing, *messages)
    for one in taken:
        one.hand_back()
    assert len(consumer.soon) == 1, "one call for all of them"
    consumer.turn()
    assert [m.handed_back for m in messages] == [1] * len(messages)
    assert consumer.qos.value <= 5 + CHUNK


def test_what_a_lost_connection_brought_the_broker_has_already(refusing, taken, consumer):
    take(refusing, message := Message())
    refusing.close()
    taken[0].hand_back()
    consumer.turn()
    assert (message.handed_back, consumer.task_consumer.did) == (0, [])


def test_one_that_takes_jobs_again_consumes_again_but_not_when_it_stops(strategy, consumer):
    strategy.follow()
    assert consumer.task_consumer.did == ["consume"]
    consumer.blueprint.state = CLOSE
    strategy.follow()
    assert consumer.task_consumer.did == ["consume"]


def test_who_leaves_takes_no_more_messages_and_never_again(strategy, consumer):
    strategy.leave()
    strategy.follow()
    assert consumer.task_consumer.did == ["cancel"]
    assert not strategy.is_asking
