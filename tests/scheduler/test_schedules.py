"""The leader moves schedules on that nobody else has moved, and makes anew what SQL has deleted."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from jobs.events.schedules import ScheduleNotMoved
from jobs.models import Installation, Job, Occurrence, Schedule
from jobs.scheduler import schedules as service
from jobs.scheduler.operations import operations
from jobs.scheduler.schedules import Schedules
from jobs.states import Hold, State
from jobs.transitions.schedules import succession
from jobs.transitions.schedules.backfill import Backfill, begin_backfill
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import again, make, minutes, next_job

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)


def test_without_schedules_it_costs_three_statements_a_window(django_assert_num_queries):
    """And one more when the process begins: whether the database's clock has been set back."""
    look = Schedules()
    with django_assert_num_queries(4):
        assert look(now=NOW) == 10
    with django_assert_num_queries(3):
        look(now=NOW + seconds(10))
    with django_assert_num_queries(2):
        look(now=NOW + seconds(11))


def test_it_looks_again_when_the_next_one_is_due_but_once_a_second_at_most():
    make()
    look = Schedules()
    assert look(now=FIRST - seconds(4)) == 4
    assert look(now=FIRST - seconds(0.1)) == 1


def test_those_that_are_held_move_on_many_at_a_time(monkeypatch, emitted):
    for number in range(7):
        make(name=f"s{number}", overlap="queue")
    Job.objects.update(holds=Hold.APPROVAL)
    monkeypatch.setattr(service, "AT_A_TIME", 3)
    Schedules()(now=FIRST)
    assert set(Schedule.objects.values_list("next_at", flat=True)) == {FIRST + minutes(5)}
    assert Job.objects.pending().count() == 14
    assert [event.moved for event in emitted if hasattr(event, "moved")] == [7]


def test_a_next_run_that_sql_has_deleted_is_made_anew_in_time():
    schedule = make()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM jobs_job")
    Schedules()(now=FIRST - minutes(4))
    assert not Job.objects.exists(), "there is time"
    Schedules()(now=FIRST - seconds(29))
    assert next_job(schedule).nominal_at == FIRST
    assert Occurrence.objects.get().job_id == next_job(schedule).pk
    assert again(schedule).made == 1


def test_a_next_run_whose_state_sql_has_changed_gets_its_successor():
    schedule = make()
    Job.objects.update(state=State.CANCELLED, finished_at=NOW)
    Schedules()(now=FIRST - seconds(29))
    assert next_job(schedule).nominal_at == FIRST + minutes(5)


def test_after_an_hour_without_a_leader_the_latest_starts_and_the_others_have_their_cause():
    schedule = make()
    Schedules()(now=FIRST + minutes(60) + seconds(40))
    assert next_job(schedule).nominal_at == FIRST + minutes(65)
    rows = Occurrence.objects.filter(cause="downtime")
    assert [(row.nominal_at, row.until, row.count) for row in rows] == [(FIRST + minutes(5), FIRST + minutes(55), 11)]
    latest = Job.objects.get(schedule=schedule, nominal_at=FIRST + minutes(60))
    assert (latest.state, latest.run_at) == (State.PENDING, FIRST + minutes(60))


def test_what_is_not_done_in_one_turn_goes_on_in_the_next_with_one_row(monkeypatch):
    monkeypatch.setattr("jobs.transitions.schedules.sweeping.AT_LEISURE", 20)
    schedule = make()
    look, now = Schedules(), FIRST + minutes(5 * 50) + seconds(40)
    for _ in range(10):
        look(now=now)
    assert next_job(schedule).nominal_at == FIRST + minutes(5 * 51)
    rows = Occurrence.objects.filter(cause="downtime")
    assert [(row.nominal_at, row.until, row.count) for row in rows] == [
        (FIRST + minutes(5), FIRST + minutes(5 * 49), 49)
    ]


def test_one_that_cannot_be_moved_holds_up_none_of_the_others(monkeypatch, emitted):
    for number in range(5):
        make(name=f"s{number}")
    whole = succession.plan

    def plan(schedule, **how):
        if schedule.name == "s2":
            raise ZeroDivisionError("nobody has foreseen this")
        return whole(schedule, **how)

    monkeypatch.setattr(succession, "plan", plan)
    assert Schedules()(now=FIRST) == 1
    stands = dict(Schedule.objects.values_list("name", "next_at"))
    assert stands == {f"s{number}": FIRST if number == 2 else FIRST + minutes(5) for number in range(5)}
    told = [event for event in emitted if isinstance(event, ScheduleNotMoved)]
    assert [event.id for event in told] == [Schedule.objects.get(name="s2").pk]


def test_long_downtimes_of_many_are_looked_at_a_few_at_a_time():
    """Rescues of jobs wait for the one transaction, and starts where they make it."""
    for number in range(4):
        make("* * * * *", name=f"s{number}")
    schedules = list(Schedule.objects.order_by("id"))
    assert succession.move_on(schedules, now=NOW + minutes(60), most=20) == 2


def test_while_a_restored_database_is_held_nothing_piles_up():
    schedule = make(overlap="queue")
    Installation.current()
    Installation.objects.update(held_at=NOW, held_why="It was put back.")
    look = Schedules()
    for n in range(6):
        look(now=FIRST + minutes(5 * n))
    assert Job.objects.count() == 1
    Installation.objects.update(held_at=None, held_why="")
    look(now=FIRST + minutes(26))
    rows = Occurrence.objects.filter(cause="downtime")
    assert [(row.nominal_at, row.count) for row in rows] == [(FIRST + minutes(5), 4)]
    assert next_job(schedule).nominal_at == FIRST + minutes(30)


def test_while_a_restored_database_is_held_no_operation_goes_on():
    schedule = make(catch_up="skip")
    Schedules()(now=FIRST + minutes(60))
    asked = Backfill(schedule, FIRST, FIRST + minutes(30))
    begin_backfill(asked, reason="", by=None, now=FIRST + minutes(60))
    jobs = Job.objects.count()
    Installation.current()
    Installation.objects.update(held_at=NOW, held_why="It was put back.")
    operations(now=FIRST + minutes(61))
    assert Job.objects.count() == jobs
    Installation.objects.update(held_at=None, held_why="")
    operations(now=FIRST + minutes(61))
    assert Job.objects.count() > jobs
