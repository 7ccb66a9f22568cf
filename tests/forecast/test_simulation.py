"""The simulation by entries says what one of each single run says."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.forecast.simulation import NEVER, Pool, Runs, simulate, spread_evenly

LENGTH = 100
QUEUES = "abc"


def one_by_one(runs, pools, running=()):
    """Greatest delay and starts by queue and stretch, each run an object, each slot too."""
    order = sorted(pools, key=lambda pool: (len(pool.queues), sorted(pool.queues)))
    slots = [[0, place, pool.queues] for place, pool in enumerate(order) for _ in range(pool.slots)]
    delays = defaultdict(lambda: [0, 0.0])
    for due, queue, number, lasts in running:
        for slot in [slot for slot in slots if queue in slot[2] and slot[0] <= due][:number]:
            slot[0] = due + lasts
    for due, queue, number, lasts in runs:
        for _ in range(number):
            mine = [slot for slot in slots if queue in slot[2]]
            found = delays[queue, due // LENGTH]
            found[0] += 1
            if not mine:
                found[1] = NEVER
                continue
            slot = min(mine, key=lambda slot: (max(slot[0], due), slot[1]))
            start = max(slot[0], due)
            slot[0] = start + lasts
            found[1] = max(found[1], start - due)
    return {key: tuple(value) for key, value in delays.items()}


def needed(runs, queue, place):
    """How many of a queue go on at once in a stretch, if all start on time."""
    mine = [one for one in runs if one.queue == queue]
    moments = {place * LENGTH} | {one.due for one in mine if one.due // LENGTH == place}
    return max(sum(one.number for one in mine if one.due <= at < one.due + one.lasts) for at in moments)


entries = st.builds(
    Runs,
    due=st.integers(0, 700),
    queue=st.sampled_from(QUEUES),
    number=st.one_of(st.integers(1, 4), st.integers(5, 90)),
    lasts=st.one_of(st.integers(1, 40), st.integers(100, 900)),
)
fleets = st.lists(
    st.tuples(st.frozensets(st.sampled_from(QUEUES), min_size=1), st.integers(1, 6)),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one[0],
)


@given(st.lists(entries, max_size=12), fleets)
@settings(max_examples=150, deadline=None)
def test_it_says_what_one_of_each_run_says(runs, fleet):
    runs.sort()
    found = simulate(runs, [Pool(*one) for one in fleet], length=LENGTH)
    said = {
        (queue, place): (one.starts, one.delay)
        for queue, its in found.items()
        for place, one in its.items()
        if one.starts
    }
    assert said == one_by_one(runs, [Pool(*one) for one in fleet])
    for queue, its in found.items():
        for place, one in its.items():
            assert one.needed == needed(runs, queue, place), (queue, place)


def test_a_long_queue_is_reckoned_at_once():
    """A million runs in one moment: with an entry for each start this would not end."""
    found = simulate([Runs(0, "a", 10_000_000, 50)], [Pool(frozenset("a"), 8)], length=LENGTH)
    assert found["a"][0].delay == (10_000_000 // 8 - 1) * 50
    assert found["a"][0].needed == 10_000_000


def test_what_runs_has_its_slot_and_is_no_start():
    runs = [Runs(10, "a", 1, 5), Runs(250, "a", 1, 5)]
    found = simulate(runs, [Pool(frozenset("a"), 1)], length=LENGTH, running=[Runs(0, "a", 1, 210)])
    assert [(place, one.starts, one.delay) for place, one in found["a"].items()] == [(0, 1, 200), (1, 0, 0), (2, 1, 0)]
    assert found["a"][1].needed == 1


def test_slots_of_several_queues_are_there_once():
    """Two queues of four runs each and four slots for both: one of them waits, whoever is asked."""
    runs = [Runs(0, "a", 4, 60), Runs(1, "b", 4, 60)]
    both = simulate(runs, [Pool(frozenset("ab"), 4)], length=LENGTH)
    assert (both["a"][0].delay, both["b"][0].delay) == (0, 59)
    apart = simulate(runs, [Pool(frozenset("a"), 4), Pool(frozenset("b"), 4)], length=LENGTH)
    assert (apart["a"][0].delay, apart["b"][0].delay) == (0, 0)


def test_without_a_slot_nothing_starts():
    found = simulate([Runs(0, "a", 1, 1)], [Pool(frozenset("b"), 4), Pool(frozenset("a"), 0)], length=LENGTH)
    assert found["a"][0].delay == NEVER
    assert found["a"][0].delay_s is None


@pytest.mark.parametrize(("number", "parts"), [(1, 1), (3, 3), (20, 4)])
def test_what_is_due_in_one_cell_is_spread_from_its_first_to_its_last(number, parts):
    found = list(spread_evenly([(10, 40, number)], "a", 5, most=4))
    assert len(found) == parts
    assert sum(one[2] for one in found) == number
    assert found[0][0] == 10
    assert found[-1][0] == (40 if parts > 1 else 10)


def test_what_is_due_at_one_moment_stays_there():
    assert list(spread_evenly([(10, 10, 20)], "a", 5, most=4)) == [Runs(10, "a", 20, 5)]
