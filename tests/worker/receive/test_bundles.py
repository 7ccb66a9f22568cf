"""A message of many jobs: each waits for itself, and the message is done with when the last of them is."""

import json

import pytest
from celery.exceptions import InvalidTaskError
from kombu.common import QoS

from jobs.worker.arm.waiting_jobs import WaitingJobs
from jobs.worker.receive import strategy as receiving
from jobs.worker.receive.prefetch import CHUNK, FORGET_AFTER
from jobs.worker.receive.reading import read
from jobs.worker.receive.strategy import TRY_AGAIN
from tests.worker.celery_doubles import Message
from tests.worker.conftest import NOW, take

DUE, LATER = int(NOW - 1) * 1_000_000, int(NOW + 60) * 1_000_000


def bundle(*jobs, **headers):
    message = Message(**headers)
    message.body = json.dumps([[], {"bundle": [list(job) for job in jobs]}, {}])
    return message


def due(jobs, first=1):
    return bundle(*[(number, 1, DUE) for number in range(first, first + jobs)])


@pytest.fixture
def sent(monkeypatch):
    """What goes out in messages of its own; `broken` (an attribute) makes it fail."""

    class Sent(list):
        broken = False

    found = Sent()

    def send_each(left, send_one):
        while left:
            if found.broken:
                raise OSError("no broker")
            send_one(left.pop(0), None)

    monkeypatch.setattr(receiving, "send_each", send_each)
    monkeypatch.setattr(receiving, "send_bundle", lambda jobs, producer, passed: found.append((list(jobs), passed)))
    return found


def test_each_job_of_it_waits_for_its_own_time(strategy, taken):
    take(strategy, bundle((7, 3, LATER + 1), (8, 1, LATER + 500_000), hops=2))
    assert [(one.job_id, one.version, one.run_at) for one in taken] == [
        (7, 3, NOW + 60.000001),
        (8, 1, NOW + 60.5),
    ]
    assert {(one.queue, one.hops) for one in taken} == {("slow", 2)}


@pytest.mark.parametrize(
    "jobs",
    [
        [],
        None,
        7,
        [[7, 1]],
        [[7, 1, "now"]],
        [["7", 1, DUE]],
        [[7, True, DUE]],
        [[-1, 1, DUE]],
        [[7, 1, DUE, 1]],
        [[7, 1, 10**30]],
    ],
)
def test_what_is_no_bundle_is_refused_whole(strategy, taken, jobs):
    message = Message()
    message.body = json.dumps([[], {"bundle": jobs}, {}])
    with pytest.raises(InvalidTaskError):
        take(strategy, message)
    assert taken == []


@pytest.mark.parametrize("never", [float("nan"), float("inf")])
def test_what_is_due_at_no_time_is_refused(strategy, never):
    with pytest.raises(InvalidTaskError):
        take(strategy, bundle((7, 1, DUE), (8, 1, never)))


def test_it_is_acknowledged_once_when_the_last_of_it_has_been_dealt_with(strategy, taken, consumer):
    take(strategy, message := due(3))
    for one in taken[:2]:
        one.acknowledge()
    consumer.turn()
    assert message.acknowledged == 0
    taken[2].acknowledge()
    consumer.turn()
    assert message.acknowledged == 1


def test_handed_back_whole_it_goes_back_as_it_came(strategy, taken, consumer, sent):
    take(strategy, message := due(3))
    for one in taken:
        one.hand_back()
    consumer.turn()
    assert (message.handed_back, message.acknowledged, sent) == (1, 0, [])


def test_of_a_part_that_is_handed_back_another_message_is_made(strategy, taken, consumer, sent):
    take(strategy, message := bundle((1, 1, DUE), (2, 5, LATER), (3, 1, LATER), hops=4))
    taken[1].hand_back()
    taken[2].hand_back()
    consumer.turn()
    ((jobs, passed),) = sent
    assert [(one.id, one.version, one.queue, one.run_at.timestamp()) for one in jobs] == [
        (2, 5, "slow", NOW + 60),
        (3, 1, "slow", NOW + 60),
    ]
    assert passed == (4, ""), "nobody has passed it on"
    assert (message.handed_back, message.acknowledged) == (0, 0)
    taken[0].acknowledge()
    consumer.turn()
    assert message.acknowledged == 1


def test_a_part_that_the_broker_does_not_take_goes_out_later(strategy, taken, consumer, sent, emitted):
    take(strategy, message := due(2))
    consumer.timer.fire()
    sent.broken = True
    taken[0].hand_back()
    taken[1].acknowledge()
    consumer.turn()
    consumer.turn()
    assert (message.acknowledged, message.handed_back) == (0, 0), "it comes again when the connection ends"
    assert len([told for told in emitted if type(told).__name__ == "MessagesNotHandedBack"]) == 1
    sent.broken = False
    assert [secs for secs, *_ in consumer.timer.calls] == [TRY_AGAIN]
    consumer.timer.fire()
    consumer.turn()
    assert [[one.id for one in jobs] for jobs, _ in sent] == [[1]]
    assert message.acknowledged == 1


def test_a_job_that_two_bundles_brought_is_handed_back_once_for_each(strategy, taken, consumer, sent):
    merged = WaitingJobs()
    take(strategy, first := due(3), second := due(2))
    for one in taken:
        merged.add(one)
    gone, stays = merged.take(NOW, 2), merged.take(NOW, 9)
    for one in gone:
        one.hand_back()
    consumer.turn()
    consumer.turn()
    assert (second.handed_back, second.acknowledged) == (1, 0), "all of it"
    assert [[one.id for one in jobs] for jobs, _ in sent] == [[1, 2]]
    assert first.acknowledged == 0, "its third job waits"
    for one in stays:
        one.acknowledge()
    consumer.turn()
    assert (first.acknowledged, second.acknowledged) == (1, 0)


def test_parts_of_two_bundles_with_the_same_job_do_not_count_for_each_other(strategy, taken, consumer, sent):
    merged = WaitingJobs()
    take(strategy, first := due(3), second := due(3, first=3))
    for one in taken:
        merged.add(one)
    handed = merged.take(NOW, 3)[2]
    handed.hand_back()
    consumer.turn()
    for one in taken[:2]:
        assert first.acknowledged == 0
        one.acknowledge()
        consumer.turn()
    assert (first.acknowledged, second.acknowledged) == (1, 0)
    for one in merged.take(NOW, 9):
        assert second.acknowledged == 0
        one.acknowledge()
        consumer.turn()
    assert (first.acknowledged, second.acknowledged) == (1, 1)


def test_due_bundles_are_no_more_than_keep_the_slots_busy(strategy, taken, consumer):
    consumer.qos.value = 400
    take(strategy, *[due(100, first) for first in range(0, 400, 100)])
    assert consumer.qos.value == 4, "no fifth until one is done with"
    for one in taken[:100]:
        one.acknowledge()
    consumer.turn()
    assert consumer.qos.value == 4
    for one in taken[100:]:
        one.acknowledge()
    consumer.turn()
    assert consumer.qos.value == 4, "that many may come"


def test_small_slots_fetch_one_while_one_is_taken(strategy, consumer):
    take(strategy, due(100))
    assert consumer.qos.value == 2


def test_when_no_bundle_has_come_for_long_single_messages_come_as_ever(strategy, taken, consumer):
    consumer.qos.value = 400
    take(strategy, due(100))
    for one in taken:
        one.acknowledge()
    consumer.turn()
    assert [secs for secs, *_ in consumer.timer.calls] == [FORGET_AFTER]
    take(strategy, due(100))
    first, second = consumer.timer.calls
    first[1](*first[2])
    assert consumer.qos.value == 4, "another has come since"
    second[1](*second[2])
    assert consumer.qos.value == 400


def test_what_the_broker_gave_beyond_that_goes_back_for_others(strategy, taken, consumer):
    """RabbitMQ gives at once as many messages as it may."""
    consumer.qos.value = 400
    messages = [due(100, first) for first in range(0, 2000, 100)]
    take(strategy, *messages)
    consumer.turn()
    back = sum(message.handed_back for message in messages)
    assert 0 < back < 20
    assert len(taken) == (20 - back) * 100, "they wait here no more"


def test_where_celery_has_no_bound_nothing_goes_back_to_come_again_at_once(strategy, taken, consumer):
    consumer.qos.value = 0
    messages = [due(100, first) for first in range(0, 1000, 100)]
    take(strategy, *messages)
    consumer.turn()
    assert [message.handed_back for message in messages] == [0] * 10
    assert len(taken) == 1000
    assert consumer.qos.value == 0


def test_what_a_bound_of_celerys_kept_from_being_granted_is_not_taken_back(strategy, taken, consumer):
    """As `worker_eta_task_limit` has it."""
    consumer.qos = QoS(lambda prefetch_count: None, 20, max_prefetch=25)
    take(strategy, *[bundle((n, 1, DUE), (n + 1, 1, LATER)) for n in range(1, 2 * CHUNK, 2)])
    assert consumer.qos.value == 25
    take(strategy, due(100, 1000))
    for one in taken:
        one.acknowledge()
    consumer.turn()
    assert consumer.qos.value == 2, "two bundles may come"
    consumer.timer.fire()
    assert consumer.qos.value == 20


def test_bundles_for_later_are_held_without_a_bound(strategy, taken, consumer):
    take(strategy, *[bundle((n, 1, DUE), (n + 1, 1, LATER)) for n in range(1, 2 * CHUNK, 2)])
    assert len(taken) == 2 * CHUNK
    assert consumer.qos.value == 5 + CHUNK


def test_a_bundle_of_one_is_read(strategy):
    assert read(bundle((7, 1, DUE))) == ([(7, 1, NOW - 1)], 0)
