"""Jobs that wait for limits which others have locked: whoever asks for one tells those that wait for its answer."""

import pytest

from jobs.clock import clock
from jobs.models import Kind
from jobs.transitions.limits.names import Name
from jobs.worker.arm.parking import LAST_AGAIN, OVERDUE, PARKED_FOR, Parking
from jobs.worker.arm.taking import Taking
from jobs.worker.arm.waiting_jobs import Delivery, Waiting

QUEUE, KEY, OTHER = Name(Kind.QUEUE, "mail"), Name(Kind.KEY, "a"), Name(Kind.KEY, "b")
NOW = 1000.0


def waiting(number, acknowledged=(), put_off=None):
    def note(*handed_back):
        acknowledged.append(number)

    return Waiting(number, 1, NOW, "mail", 0, (Delivery(note, note, set_aside=put_off),))


@pytest.fixture
def parking():
    return Parking()


@pytest.fixture
def crowd(parking):
    """One that asks for the queue's limit, and two that wait for its answer."""
    asks, *others = waiting(1), waiting(2), waiting(3)
    for one in (asks, *others):
        assert parking.busy(QUEUE, one, NOW) == []
    assert NOW < asks.again_at < NOW + LAST_AGAIN
    assert all(one.again_at >= NOW + PARKED_FOR / 2 for one in others)
    return asks, others


def test_those_that_wait_are_taken_up_when_the_one_that_asks_is_answered(parking, crowd):
    asks, others = crowd
    assert parking.answered(others[0], NOW) == []
    assert parking.answered(asks, NOW + 1) == others[1:]
    assert others[1].again_at == NOW + 1
    assert parking.answered(asks, NOW + 1) == []


def test_they_are_taken_up_too_when_it_waits_for_another_limit_from_now_on(parking, crowd):
    """Left where they were they would have waited for five seconds: nobody asked for the first limit any more."""
    asks, others = crowd
    assert parking.busy(KEY, asks, NOW + 1) == others
    assert [one.again_at for one in others] == [NOW + 1] * 2
    assert not parking.is_parked(others[0], NOW + 1), "it asks itself"
    assert parking.busy(QUEUE, others[0], NOW + 1) == []
    assert parking.is_parked(others[1], NOW + 1)
    assert parking.answered(others[0], NOW + 2) == [others[1]]


def test_one_that_waits_for_another_limit_for_which_somebody_asks_already_leaves_the_first_to_others(parking, crowd):
    asks, others = crowd
    assert parking.busy(KEY, waiting(4), NOW) == []
    assert parking.busy(KEY, asks, NOW) == others
    assert asks.again_at >= NOW + PARKED_FOR / 2
    assert parking.answered(others[0], NOW) == []


def test_one_that_asks_once_more_keeps_the_others_waiting(parking, crowd):
    asks, others = crowd
    assert parking.busy(QUEUE, asks, NOW + 0.1) == []
    assert all(parking.is_parked(one, NOW + 0.1) for one in others)


def test_of_one_that_is_not_heard_of_any_more_another_takes_the_place(parking, crowd):
    asks, others = crowd
    late = asks.again_at + OVERDUE + 0.1
    assert not parking.is_parked(others[0], late)
    assert parking.busy(QUEUE, others[0], late) == []
    assert parking.is_parked(asks, late)


class Broken:
    """Slots of which nobody's body starts."""

    def release(self, number):
        self.released = number


@pytest.mark.parametrize("identity", ["gone", "an error"])
def test_those_that_wait_are_told_when_the_one_that_asks_leaves_unanswered(identity):
    """Its worker counts as gone, or taking it has failed."""
    hurried, acknowledged = [], []

    def who():
        if identity == "an error":
            raise RuntimeError

    taking = Taking(Broken(), who, lambda waiting: None, hurried.extend, sharing=True)
    asks, other = waiting(1, acknowledged), waiting(2, acknowledged)
    taking._parking.busy(OTHER, asks, 0.0)
    taking._parking.busy(OTHER, other, 0.0)
    if identity == "an error":
        with pytest.raises(RuntimeError):
            taking.take([asks])
    else:
        assert taking.take([asks]) == []
    assert (hurried, acknowledged) == ([other], [1])


def test_those_that_wait_are_told_when_the_one_that_asks_goes_to_another_worker():
    hurried = []
    taking = Taking(Broken(), lambda: None, lambda waiting: None, hurried.extend, sharing=True)
    asks, other = waiting(1), waiting(2)
    taking._parking.busy(OTHER, asks, 0.0)
    taking._parking.busy(OTHER, other, 0.0)
    taking.leave([asks])
    assert hurried == [other]


def test_one_that_waits_for_the_answer_of_another_needs_no_slot_and_says_so():
    again, put_off = [], []
    taking = Taking(Broken(), lambda: None, again.append, lambda gone: None, sharing=True)
    taking._parking.busy(QUEUE, waiting(1), clock.timestamp())
    other = waiting(2, put_off=lambda: put_off.append(2))
    assert taking.take([other]) == []
    assert (again, put_off, taking._slots.released) == ([other], [2], 1)
