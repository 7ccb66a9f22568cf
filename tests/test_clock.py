import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from jobs import clock as clock_module
from jobs.clock import DatabaseClock
from jobs.events.clock import ClockIsOff

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


@pytest.fixture
def far(monkeypatch, machine):
    """The n-th statement spends so many seconds on its way to the database and so many on its way back: on all clocks,
    and nobody sleeps for it."""
    spent, steadily, true_time = [0.0], clock_module.steady, machine.true_time
    monkeypatch.setattr(clock_module, "steady", lambda: steadily() + spent[0])
    machine.true_time = lambda: true_time() + spent[0]

    def on_the_way(*ways):
        following = iter(ways)

        def slow(execute, sql, *args):
            there, back = next(following)
            spent[0] += there
            answer = execute(sql.replace("clock_timestamp()", f"clock_timestamp() + interval '{spent[0]} s'"), *args)
            spent[0] += back
            return answer

        return connection.execute_wrapper(slow)

    return on_the_way


FAR = [(5.0, 0.0), (0.0, 5.0), (2.5, 2.5), (0.0, 0.0)]


@pytest.mark.parametrize("way", FAR)
@pytest.mark.parametrize("seconds", [60, 0.015, 0, -0.015, -60])
def test_it_is_never_ahead_of_the_databases_however_far_that_is(machine, far, seconds, way):
    clock = DatabaseClock()
    machine(seconds)
    with far(way, way):
        clock.measure(samples=2)
    # Each pair in the order in which a machine that stands still between the two does no harm.
    reads = clock.timestamp()
    assert reads <= machine.true_time()
    earlier = machine.true_time()
    assert earlier - clock.timestamp() <= 2 * clock.uncertainty + 0.000_01
    likely = clock.likely(clock.timestamp()).timestamp()
    assert likely == pytest.approx(machine.true_time(), abs=clock.uncertainty + 0.5)


def test_the_tightest_bounds_of_several_round_trips_count(machine, far):
    clock = DatabaseClock()
    with far((3.0, 0.0), (0.0, 3.0), (3.0, 3.0)):
        clock.measure(samples=3)
    assert clock.uncertainty < 1.5, "half of what any of them took"
    assert clock.timestamp() == pytest.approx(machine.true_time(), abs=3)


def test_a_clock_that_is_stepped_while_it_is_measured_is_read_as_it_is_after_that(machine):
    steps = iter([0, 10, 10])

    def stepped(execute, sql, *args):
        return execute(sql.replace("clock_timestamp()", f"clock_timestamp() + interval '{next(steps)} s'"), *args)

    clock = DatabaseClock()
    with connection.execute_wrapper(stepped):
        clock.measure(samples=3)
    assert clock.timestamp() == pytest.approx(machine.true_time() + 10, abs=1)
    assert 0 <= clock.uncertainty < 1


def test_a_clock_that_has_run_ahead_is_put_back_by_what_an_answer_shows():
    clock = DatabaseClock()
    clock.measure()
    before = clock.reading.anchor
    asked = clock.timestamp()
    clock.check(datetime.fromtimestamp(asked - 0.004, tz=UTC), asked)
    assert clock.reading.anchor == pytest.approx(before - 0.004, abs=0.00001)


def test_a_step_of_this_machine_moves_no_timer(machine):
    clock = DatabaseClock()
    clock.measure()
    machine(-3600)
    assert clock.timestamp() == pytest.approx(machine.true_time(), abs=1)
    then = clock.now() + timedelta(seconds=10)
    assert clock.local(then) == pytest.approx(then - timedelta(hours=1), abs=timedelta(seconds=1))


def test_a_clock_that_is_far_off_is_said_to_be(machine, emitted):
    machine(60)
    DatabaseClock().measure()
    (told,) = emitted.of(ClockIsOff)
    assert told.seconds == pytest.approx(60, abs=0.1)


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
