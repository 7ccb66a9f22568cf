"""The database's clock was ahead for a while, by a mistake or on another server: schedules go on when it is right again,
and nothing starts twice."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from jobs.events.schedules import ScheduleNotMoved
from jobs.models import Job, Occurrence, Schedule
from jobs.scheduler.schedules import Schedules
from jobs.states import Cause, State
from jobs.transitions.schedules import sweeping
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import accounted, acquire, again, finish, make, minutes, next_job, sweep, total

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)  # of */5 after NOW, which is 12:00:03
YEAR = timedelta(days=365)


def ahead(look, *, by=YEAR):
    """The clock jumps, and the leader looks as it always does."""
    for second in range(3):
        look(now=NOW + by + seconds(second))


@pytest.mark.parametrize("restarted", [False, True], ids=["the same leader", "a new process"])
def test_it_goes_on_at_once_and_what_never_was_is_not_missed(restarted):
    schedule = make()
    look = Schedules()
    look(now=NOW)
    ahead(look)
    assert again(schedule).next_at > NOW + YEAR
    now = FIRST + minutes(16)
    (Schedules() if restarted else look)(now=now)
    found = accounted(schedule)
    assert found[0] == (FIRST, 1, None)
    assert found[1] == (FIRST + minutes(5), 3, Cause.DOWNTIME), "up to now, and no further"
    assert found[2:] == [(FIRST + minutes(20), 1, None)]
    assert next_job(schedule).run_at == FIRST + minutes(20)
    assert again(schedule).made == total(schedule) == 5


def test_it_is_put_right_once(django_assert_num_queries):
    make()
    look = Schedules()
    ahead(look)
    look(now=FIRST + minutes(1))
    before = set(Job.objects.values_list("pk", flat=True))
    look(now=FIRST + minutes(1) + seconds(1))
    with django_assert_num_queries(2):
        look(now=FIRST + minutes(1) + seconds(2))
    assert set(Job.objects.values_list("pk", flat=True)) == before


def test_a_run_that_started_ahead_of_its_time_does_not_start_again():
    schedule = make("0 * * * *")
    look = Schedules()
    by = timedelta(hours=5)
    ahead(look, by=by)
    early = next_job(schedule)
    finish(acquire(early, now=early.run_at), now=early.run_at)
    look(now=NOW + minutes(1))
    nominals = []
    for _ in range(7):
        job = next_job(schedule)
        nominals.append(job.nominal_at)
        finish(acquire(job, now=job.run_at), now=job.run_at)
        sweep(job.run_at + seconds(1))
    assert early.nominal_at not in nominals
    assert len(set(nominals)) == len(nominals) == 7
    assert Job.objects.filter(nominal_at=early.nominal_at).get().state == State.COMPLETED


def test_a_schedule_that_has_ended_meanwhile_has_not():
    schedule = make(most_runs=10)
    look = Schedules()
    ahead(look)
    assert again(schedule).next_at is None
    look(now=FIRST - minutes(1))
    assert (again(schedule).made, again(schedule).next_at) == (1, FIRST)


def test_one_whose_expression_cannot_be_read_stands_still():
    schedule = make()
    look = Schedules()
    ahead(look)
    Schedule.objects.update(expression="nonsense")
    look(now=FIRST + minutes(16))
    assert again(schedule).problem


def test_one_that_cannot_be_moved_holds_up_none_of_the_others(monkeypatch, emitted):
    bad, good = make(name="bad"), make(name="good")
    look = Schedules()
    ahead(look)

    def begin(ids, *, now):
        assert bad.pk not in ids
        return sweeping.begin_again(ids, now=now)

    monkeypatch.setattr("jobs.scheduler.schedules.begin_again", begin)
    look(now=FIRST + minutes(1))
    assert again(good).next_at == FIRST + minutes(5)
    assert again(bad).next_at > NOW + YEAR
    assert emitted.of(ScheduleNotMoved)


def test_clocks_that_differ_by_little_change_nothing():
    schedule = make()
    look = Schedules()
    look(now=NOW + seconds(4))
    before = Occurrence.objects.get()
    look(now=NOW)
    assert Occurrence.objects.get().noted_at == before.noted_at
    assert next_job(schedule).pk == before.job_id


@pytest.mark.django_db(transaction=True)
def test_one_that_somebody_has_locked_is_put_right_the_next_time():
    schedule = make()
    look = Schedules()
    ahead(look)
    other = connections.create_connection("default")
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT FROM jobs_schedule FOR UPDATE")
    look(now=FIRST + minutes(1))
    assert again(schedule).next_at > NOW + YEAR
    other.rollback()
    other.close()
    look(now=FIRST + minutes(1) + seconds(1))
    assert again(schedule).next_at == FIRST + minutes(5)


def test_it_is_asked_in_one_statement_that_reads_a_row_of_each(django_assert_num_queries):
    made = [make(name=f"s{number}").pk for number in range(5)]
    with django_assert_num_queries(1):
        assert Schedule.objects.noted_after(NOW - seconds(1), 3) == made[:3]
    assert Schedule.objects.noted_after(NOW, 3) == []
