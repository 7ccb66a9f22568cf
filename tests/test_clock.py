import logging
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from jobs.clock import DatabaseClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(monkeypatch):
    """This machine's clock, wrong by as much as a test says."""
    true_time = time.time

    def wrong_by(seconds):
        monkeypatch.setattr("jobs.clock.time.time", lambda: true_time() + seconds)

    wrong_by.true_time = true_time
    return wrong_by


def test_a_wrong_machine_is_corrected_to_the_database(machine):
    clock = DatabaseClock()
    machine(60)
    assert clock.measure() == pytest.approx(-60, abs=1)
    assert clock.timestamp() == pytest.approx(machine.true_time(), abs=1)
    assert clock.uncertainty < 1


@pytest.mark.parametrize("seconds", [60, -60])
def test_a_corrected_clock_is_never_ahead_of_the_databases(machine, seconds):
    """The worst case: all of the round trip is the way there, so that the answer is as fresh as can be."""

    def slow_way_there(execute, *args):
        time.sleep(0.05)
        return execute(*args)

    clock = DatabaseClock()
    machine(seconds)
    with connection.execute_wrapper(slow_way_there):
        clock.measure()
    assert -0.1 < clock.timestamp() - machine.true_time() <= 0


def test_a_step_of_this_machine_moves_no_timer(machine):
    clock = DatabaseClock()
    clock.measure()
    machine(-3600)
    assert clock.timestamp() == pytest.approx(machine.true_time(), abs=1)
    then = clock.now() + timedelta(seconds=10)
    assert clock.local(then) == pytest.approx(then - timedelta(hours=1), abs=timedelta(seconds=1))


def test_a_clock_that_is_far_off_is_said_to_be(machine, caplog, monkeypatch):
    monkeypatch.setattr("jobs.clock.log.propagate", True)
    monkeypatch.setattr(logging.getLogger("jobs"), "propagate", True)
    machine(60)
    DatabaseClock().measure()
    assert "off by 60.0" in caplog.text


@pytest.mark.parametrize("parted", [-1.0, 1.0])
def test_two_clocks_that_have_parted_are_compared_again(parted, monkeypatch):
    clock = DatabaseClock()
    clock.measure()
    measured = []
    monkeypatch.setattr(clock, "measure", lambda: measured.append(1))
    clock.check(clock.now(), clock.timestamp())
    assert measured == []
    clock.check(clock.now() + timedelta(seconds=parted), clock.timestamp())
    assert measured == [1]


def test_noise_does_not_move_the_timers():
    clock = DatabaseClock()
    clock.measure()
    assert clock.offset == 0 or abs(clock.offset) > clock.uncertainty


def test_it_is_measured_when_first_needed_and_not_each_time(django_assert_num_queries, monkeypatch):
    clock = DatabaseClock()
    with django_assert_num_queries(5):  # the round trips of one measurement
        clock.current()
        clock.current()
    monkeypatch.setattr("jobs.clock.MEASURE_EVERY", -1)
    monkeypatch.setattr(clock, "_best_trip", 1e-9)
    with django_assert_num_queries(5):
        clock.current()


def test_moments_are_translated_both_ways():
    clock = DatabaseClock()
    assert clock.seconds_until(clock.now()) == pytest.approx(0, abs=0.5)
    now = datetime.now(UTC)
    assert clock.local(now) == pytest.approx(now, abs=timedelta(seconds=0.5))


def test_one_round_trip_is_enough_where_it_is_as_short_as_any_before(django_assert_num_queries, monkeypatch):
    clock = DatabaseClock()
    with django_assert_num_queries(5):
        clock.measure()
    monkeypatch.setattr(clock, "_best_trip", 3600.0)
    with django_assert_num_queries(1):
        clock.measure()
    assert clock.uncertainty < 1
    monkeypatch.setattr(clock, "_best_trip", 1e-9)
    with django_assert_num_queries(5):
        clock.measure()
