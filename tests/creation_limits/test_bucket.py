"""The rule itself: exact to the microsecond, whatever the times at which is asked."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.creation_limits import bucket
from jobs.creation_limits.bucket import Allowance, Taken
from jobs.models import Budget
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
TEN = Allowance(rate=10, burst=10)
MICROSECOND = timedelta(microseconds=1)
numbers = itertools.count()
slowly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def take(*asked, **more):
    """Return for how long to wait."""
    return bucket.take(*asked, **more).wait


def at(seconds: float) -> timedelta:
    return NOW + timedelta(seconds=seconds)


def test_a_burst_then_the_rate():
    assert [take("a", 1, TEN, now=NOW) for _ in range(12)] == [0.0] * 10 + [0.1, 0.1]
    assert take("a", 1, TEN, now=at(0.1) - MICROSECOND) == pytest.approx(1e-6)
    assert take("a", 1, TEN, now=at(0.1)) == 0
    assert take("a", 1, TEN, now=at(0.1)) == pytest.approx(0.1)


@pytest.mark.parametrize(("rate", "burst"), [(6, 6), (7, 50), (0.3, 9), (9_999, 60)])
def test_a_burst_fits_however_its_parts_are_rounded(rate, burst):
    answers = [take("a", 1, Allowance(rate, burst), now=NOW) for _ in range(burst + 1)]
    assert answers[:-1] == [0.0] * burst
    assert answers[-1] > 0


def test_a_refusal_leaves_no_trace():
    take("a", 10, TEN, now=NOW)
    before = Budget.objects.get()
    for _ in range(100):
        take("a", 10, TEN, now=NOW)
    assert Budget.objects.get().moment == before.moment
    assert take("a", 1, TEN, now=at(0.1)) == 0


def test_a_pause_earns_no_more_than_a_burst():
    take("a", 10, TEN, now=NOW)
    assert [take("a", 1, TEN, now=at(3600)) for _ in range(11)] == [0.0] * 10 + [0.1]


def test_several_at_once_are_taken_whole_or_not_at_all():
    assert take("a", 6, TEN, now=NOW) == 0
    assert take("a", 6, TEN, now=NOW) == pytest.approx(0.2)
    assert take("a", 4, TEN, now=NOW) == 0
    assert take("a", 10, TEN, now=at(0.5)) == pytest.approx(0.5)
    assert take("a", 10, TEN, now=at(1)) == 0


def test_each_subject_has_its_own():
    take("a", 10, TEN, now=NOW)
    assert take("b", 10, TEN, now=NOW) == 0


def test_more_than_a_burst_is_a_mistake_of_the_caller():
    for jobs in (0, 11):
        with pytest.raises(ValueError, match="1 to 10"):
            take("a", jobs, TEN, now=NOW)


def test_without_now_it_is_the_clock_of_the_database():
    take("a", 1, TEN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT moment - clock_timestamp() FROM jobs_budget")
        (ahead,) = cursor.fetchone()
    assert timedelta(minutes=-1) < ahead <= timedelta(seconds=0.1)


def test_one_question_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        take("a", 10, TEN, now=NOW)
    with django_assert_num_queries(1):
        take("a", 10, TEN, now=NOW)


def test_the_durability_of_a_transaction_around_it_is_not_touched():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")  # throw-away servers have it off
        take("a", 1, TEN)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


@pytest.mark.django_db(transaction=True)
def test_alone_it_does_not_wait_for_the_disk():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.subject := current_setting('synchronous_commit'); RETURN NEW; END $$;"
            "CREATE TRIGGER tell BEFORE INSERT ON jobs_budget FOR EACH ROW EXECUTE FUNCTION tell()"
        )
        try:
            take("a", 1, TEN)
        finally:
            cursor.execute("DROP FUNCTION tell CASCADE")
    assert Budget.objects.get().subject == "off"


@pytest.mark.django_db(transaction=True)
def test_alone_it_leaves_the_connection_as_it_was():
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        try:
            take("a", 1, TEN)
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
        finally:
            cursor.execute("RESET synchronous_commit")


rates = st.floats(0.01, 5_000)
bursts = st.integers(1, 50)


@slowly
@given(rates, bursts, st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), min_size=1, max_size=25))
def test_never_more_than_the_burst_and_the_rate_in_any_interval(rate, burst, asked):
    subject, allowance, now, taken = f"p{next(numbers)}", Allowance(rate, burst), NOW, []
    for pause, jobs in asked:  # pauses of so many costs
        now += timedelta(seconds=pause / rate)
        if jobs <= burst and take(subject, jobs, allowance, now=now) == 0:
            taken.append((now, jobs))
    slack = 1e-6 * rate * len(taken) + 1e-6  # each cost is rounded to a microsecond
    for first, (since, _) in enumerate(taken):
        for last in range(first, len(taken)):
            jobs = sum(count for _, count in taken[first : last + 1])
            assert jobs <= burst + rate * (taken[last][0] - since).total_seconds() * (1 + 1e-6 * rate) + slack


@slowly
@given(rates, st.integers(2, 50), st.floats(0.05, 1), st.integers(1, 60))
def test_never_less_when_asked_all_the_time(rate, burst, pause, questions):
    """Asked at least as often as is earned: all that is earned is given. (A burst of 1 has no room for what is earned
    between two questions.)"""
    subject, allowance, taken = f"q{next(numbers)}", Allowance(rate, burst), 0
    for n in range(questions):
        elapsed = n * pause / rate
        taken += take(subject, 1, allowance, now=at(elapsed)) == 0
        assert taken >= min(n + 1, int(burst + rate * elapsed - 1e-3 - 1e-6 * rate * (n + 1)))


@slowly
@given(rates, bursts, st.lists(st.tuples(st.floats(0, 3), st.integers(1, 50)), min_size=1, max_size=15))
def test_who_waits_as_told_is_served_and_not_before(rate, burst, asked):
    subject, allowance, now = f"r{next(numbers)}", Allowance(rate, burst), NOW
    for pause, jobs in asked:
        now += timedelta(seconds=pause / rate)
        wait = take(subject, min(jobs, burst), allowance, now=now)
        if wait:
            assert take(subject, min(jobs, burst), allowance, now=now + timedelta(seconds=wait) - MICROSECOND) > 0
            now += timedelta(seconds=wait)
            assert take(subject, min(jobs, burst), allowance, now=now) == 0


def test_a_clock_that_was_set_back_refuses_nobody_for_as_long():
    take("a", 10, TEN, now=NOW)
    earlier = [take("a", 1, TEN, now=at(-3600 + seconds)) for seconds in (0, 0, 0.1, 0.2)]
    assert earlier == [0, pytest.approx(0.1), 0, 0], "one, and then by the rate"
    assert take("b", 10, TEN, now=NOW) == 0
    assert 0 < take("b", 1, TEN, now=at(-1)) <= 1.1, "a small step costs its length"


def test_a_smaller_allowance_counts_from_its_first_request_on():
    take("a", 1000, Allowance(rate=1, burst=1000), now=NOW)
    assert [take("a", 1, TEN, now=NOW) for _ in range(2)] == [0, pytest.approx(0.1)]


def test_it_says_what_is_left_and_when_there_is_more():
    assert bucket.take("a", 1, TEN, now=NOW) == Taken(0.0, 9, pytest.approx(0.1))
    assert bucket.take("a", 4, TEN, now=at(0.05)) == Taken(0.0, 5, pytest.approx(0.05))
    assert bucket.take("a", 5, TEN, now=at(0.05)) == Taken(0.0, 0, pytest.approx(0.05))
    assert bucket.take("a", 3, TEN, now=at(0.1)) == Taken(pytest.approx(0.2), 1, pytest.approx(0.1))
    assert bucket.take("a", 1, TEN, now=at(3600)) == Taken(0.0, 9, pytest.approx(0.1))


@slowly
@given(rates, bursts, st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), min_size=1, max_size=10))
def test_what_is_left_can_be_taken_and_no_more(rate, burst, asked):
    subject, allowance, now = f"l{next(numbers)}", Allowance(rate, burst), NOW
    for pause, jobs in asked:
        now += timedelta(seconds=pause / rate)
        found = bucket.take(subject, min(jobs, burst), allowance, now=now)
    if found.left < burst:
        assert take(subject, found.left + 1, allowance, now=now) > 0
    if found.left:
        assert take(subject, found.left, allowance, now=now) == 0
