"""By hand: which slots were free while a job waited. Times in ms, the burst is due at 0."""

import pytest

from verification.benchmark.burst.idle import Body, idle
from verification.benchmark.burst.result import burst


def body(worker: str, entered: float, left: float) -> Body:
    return Body(worker, 0.0, entered, left)


def test_no_slot_idles_when_all_start_at_once():
    found = idle([body("a", 0, 10), body("b", 0, 10)], workers=2, slots=1)
    assert (found.total, found.share, found.longest, found.waited) == (0, 0, 0, 0)


def test_a_slot_that_is_refilled_late_has_idled():
    found = idle([body("a", 0, 10), body("a", 13, 23)], workers=1, slots=1)
    assert (found.total, found.longest, found.waited) == (3, 3, 13)
    assert found.share == pytest.approx(3 / 13)


def test_one_worker_idles_while_another_has_all():
    found = idle([body("a", 0, 10), body("a", 10, 20), body("a", 20, 30)], workers=2, slots=1)
    assert (found.total, found.longest, found.waited) == (20, 20, 20)


def test_more_free_slots_than_waiting_jobs_count_once_a_job():
    found = idle([body("a", 5, 10)], workers=2, slots=10)
    assert (found.total, found.longest, found.waited) == (5, 5, 5)


def test_a_busy_slot_does_not_idle_nor_one_after_the_last_start():
    found = idle([body("a", 0, 30), body("a", 0, 10), body("a", 10, 11)], workers=1, slots=2)
    assert (found.total, found.longest) == (0, 0)


def test_the_rest_is_measured_against_its_wave():
    found = burst([body("a", 1, 84), body("b", 2, 85), body("a", 90, 173), body("b", 93, 176)], workers=2, slots=1)
    assert (found.first.jobs, found.first.high) == (2, 2)
    assert (found.rest.jobs, found.rest.low, found.rest.high) == (2, 90, 93)
    assert (found.above_ideal.low, found.above_ideal.high) == (7, 10)
