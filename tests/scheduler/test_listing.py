"""The tick of beat: one list query a window, by the leader."""

import pytest

from jobs.scheduler import window_scheduler as scheduler_module
from tests.scheduler.rows import job, queries


def test_it_lists_once_a_window_however_often_it_ticks(beat, hands, sent):
    one = beat()
    for _ in range(30):
        one.tick()
        hands.forward(1)
    # 12:00:03 to 12:00:32 touches the windows that begin at :00, :10, :20 and :30.
    assert queries() == 4


def test_it_lists_at_once_then_at_each_start_of_a_window(beat, hands, sent):
    one = beat()
    first, second = job(hands, 1), job(hands, 10)
    one.tick()
    assert sent == [first]
    hands.forward(6.999)
    one.tick()
    assert sent == [first]
    hands.forward(0.001)
    one.tick()
    assert sent == [first, second]


def test_it_looks_ahead_beyond_its_window(beat, hands, sent):
    one = beat()
    inside, beyond = job(hands, 8.9), job(hands, 9)
    one.tick()
    assert sent == [inside]
    assert beyond not in sent


def test_it_wakes_for_the_next_window(beat, hands, sent):
    one = beat()
    hands.forward(6.5)
    assert one.tick() == pytest.approx(0.5)


def test_a_long_list_is_published_in_parts_with_signs_of_life_between(beat, hands, sent, monkeypatch):
    monkeypatch.setattr(scheduler_module, "PUBLISH_FOR", 0.0)
    one = beat()
    ids = [job(hands, 1) for _ in range(5)]
    one.tick()
    assert sent == ids


def test_what_one_list_query_could_not_hold_is_listed_in_the_next_turn_at_once(beat, hands, sent, monkeypatch):
    monkeypatch.setattr(scheduler_module, "LIST_LIMIT", 1)
    one = beat()
    first, second = job(hands, 1), job(hands, 2)
    assert one.tick() == 0.0
    assert sent == [first]
    one.tick()
    assert sent == [first, second]


def test_an_idle_turn_of_the_leader_asks_little(beat, hands, sent, django_assert_num_queries):
    one = beat()
    one.tick()
    hands.forward(1)
    with django_assert_num_queries(0):  # the sign of life is on the lock's own connection
        one.tick()


def test_a_window_costs_the_same_however_many_jobs(beat, hands, sent, django_assert_num_queries):
    one = beat()
    one.tick()
    one._periodic_due = float("inf")
    for count in (0, 20):
        for _ in range(count):
            job(hands, 10)
        hands.forward(10)
        # BEGIN, the list query, the leader's note of it, COMMIT; the note that all is published, if there was any.
        with django_assert_num_queries(5 if count else 4):
            one.tick()
