import time
from datetime import UTC, datetime, timedelta

import pytest

from jobs.clock import DatabaseClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(monkeypatch):
    """This machine's clock, wrong by as much as a test says."""
    true_time = time.time

    def wrong_by(seconds):
        monkeypatch.setattr("jobs.clock.time.time", lambda: true_time() + seconds)

    return wrong_by


def test_a_wrong_machine_is_corrected_to_the_database(machine):
    clock = DatabaseClock()
    machine(60)
    assert clock.measure() == pytest.approx(-60, abs=1)
    assert clock.offset == pytest.approx(-60, abs=1)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert clock.uncertainty < 1


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
    with django_assert_num_queries(5):
        clock.current()


def test_moments_are_translated_both_ways():
    clock = DatabaseClock()
    clock.offset = 10.0
    then = datetime(2030, 1, 1, tzinfo=UTC)
    assert clock.local(then) == then - timedelta(seconds=10)
    assert clock.seconds_until(clock.now()) == pytest.approx(0, abs=0.5)
