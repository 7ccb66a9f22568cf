"""What is taken together: as many as have a slot, and where few have one, those for which one is freed in a moment."""

import threading

import pytest

from jobs.worker.arm.armer import Armer
from jobs.worker.arm.waiting_jobs import Delivery, Waiting
from jobs.worker.record.batching import GATHER


class Slots:
    crowded, refusing = False, ""

    def __init__(self, limit, free):
        self.limit, self.free, self.on_free = limit, free, None

    def reserve(self, slots):
        self.free -= slots


class Changed(threading.Condition):
    """Frees a slot in each wait of the armer, and notes for how long it would have waited."""

    def __init__(self, slots, freed):
        super().__init__()
        self.slots, self.freed, self.waits, self.told = slots, list(freed), [], 0

    def wait(self, timeout=None):
        self.waits.append(timeout)
        self.slots.free += self.freed.pop(0) if self.freed else 0
        return True

    def notify(self, n=1):
        self.told += 1


@pytest.fixture
def armed():
    def make(*, limit, free, jobs, freed=()):
        slots = Slots(limit, free)
        armer = Armer(slots, lambda: None, lambda surplus: None)
        armer._changed = Changed(slots, freed)
        delivery = Delivery(lambda: None, lambda waiting: None, jobs)
        armer.add(*[Waiting(number, 1, 0.0, "default", 0, (delivery,)) for number in range(jobs)])
        return armer

    return make


def gathered(armer):
    with armer._changed:
        return len(armer._gather())


def test_all_that_are_due_and_have_a_slot_are_taken_at_once(armed):
    armer = armed(limit=10, free=8, jobs=20)
    assert (gathered(armer), armer._changed.waits) == (8, [])


def test_with_few_free_slots_it_waits_a_moment_for_more(armed):
    armer = armed(limit=10, free=1, jobs=20, freed=[1, 6])
    assert gathered(armer) == 8
    assert [0 < wait <= GATHER for wait in armer._changed.waits] == [True, True]


def test_a_worker_of_one_slot_waits_for_nothing(armed):
    armer = armed(limit=1, free=1, jobs=2)
    assert (gathered(armer), armer._changed.waits) == (1, [])


def test_it_is_told_of_a_freed_slot_only_when_it_waits_for_one(armed):
    armer = armed(limit=2, free=2, jobs=1)
    told = armer._changed.told
    armer._slots.on_free()
    assert armer._changed.told == told
    armer._starved = True
    armer._slots.on_free()
    assert armer._changed.told == told + 1
