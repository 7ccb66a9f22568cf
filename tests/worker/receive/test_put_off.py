"""Jobs that are put off for a limit: their messages stay here, and keep no others from coming."""

import pytest

from jobs.worker.receive.prefetch import CHUNK
from tests.worker.conftest import take
from tests.worker.receive.test_bundles import LATER, bundle, due


@pytest.fixture
def full(strategy, consumer):
    """Four bundles that are due, as many as a worker of a hundred slots takes."""
    consumer.qos.value = 400
    messages = [due(100, first) for first in range(0, 400, 100)]
    take(strategy, *messages)
    assert consumer.qos.value == 4
    return messages


def test_bundles_that_wait_for_a_limit_are_held_beside_those_that_are_due(full, taken, consumer):
    for one in taken[:200]:
        one.put_off()
    consumer.turn()
    assert consumer.qos.value == CHUNK + 4, "two that are due, and two more that may come"


def test_due_ones_of_others_stay_here_beside_them(full, strategy, taken, consumer):
    """With as many more as are kept, the next would go back."""
    for one in taken:
        one.put_off()
    consumer.turn()
    others = [due(100, first) for first in range(1000, 1800, 100)]
    take(strategy, *others)
    consumer.turn()
    assert [message.handed_back for message in others] == [0] * 8


def test_one_of_which_some_are_due_still_is_due_until_they_have_been_dealt_with(full, taken, consumer):
    for one in taken[:50]:
        one.put_off()
    consumer.turn()
    for one in taken[50:99]:
        one.acknowledge()
    consumer.turn()
    assert consumer.qos.value == 4
    taken[99].acknowledge()
    consumer.turn()
    assert consumer.qos.value == CHUNK + 4
    assert full[0].acknowledged == 0


def test_it_counts_once_however_often_it_is_put_off(full, taken, consumer):
    for one in taken[:100] * 2:
        one.put_off()
    consumer.turn()
    taken[0].put_off()
    consumer.turn()
    changes = consumer.qos.changes
    for one in taken[:100]:
        one.acknowledge()
    consumer.turn()
    assert (full[0].acknowledged, consumer.qos.value) == (1, 4)
    assert consumer.qos.changes == changes + 1


def test_one_that_is_dealt_with_before_that_is_told_is_not_counted_twice(full, taken, consumer):
    for one in taken[:100]:
        one.put_off()
        one.acknowledge()
    consumer.turn()
    taken[0].put_off()
    consumer.turn()
    assert (full[0].acknowledged, consumer.qos.value) == (1, 4)


def test_a_bundle_for_later_is_held_for_later_already(strategy, taken, consumer):
    take(strategy, bundle((1, 1, LATER), (2, 1, LATER)))
    before = consumer.qos.value
    for one in taken:
        one.put_off()
    consumer.turn()
    assert consumer.qos.value == before


def test_nothing_is_counted_when_the_connection_is_gone(full, strategy, taken, consumer):
    strategy.close()
    for one in taken:
        one.put_off()
    consumer.turn()
    assert consumer.qos.value == 4
