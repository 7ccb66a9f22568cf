"""Runs whose time came while nothing could start them, as a worker and the leader find them."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from jobs.models import Attempt, Job, Occurrence, Schedule, Stop
from jobs.states import CatchUp, Cause, Hold, Overlap, State
from jobs.transitions import stops
from jobs.transitions.schedules import sweeping
from jobs.worker.run import running
from tests.conftest import NOW, seconds
from tests.transitions.schedules.life import acquire, again, finish, make, minutes, next_job, sweep

pytestmark = pytest.mark.django_db

FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)
LATE = FIRST + minutes(60) + seconds(40)  # twelve later ones have come


def causes():
    rows = Occurrence.objects.missed().order_by("nominal_at")
    return [(row.nominal_at, row.count, row.cause) for row in rows]


def nominal(jobs):
    return list(jobs.order_by("nominal_at").values_list("nominal_at", flat=True))


def test_a_worker_that_comes_first_leaves_the_old_one_and_the_latest_starts():
    schedule = make()
    assert acquire(next_job(schedule), now=LATE) is None
    assert causes() == [(FIRST, 1, Cause.DOWNTIME), (FIRST + minutes(5), 11, Cause.DOWNTIME)]
    assert nominal(Job.objects.pending()) == [FIRST + minutes(60), FIRST + minutes(65)]


def test_a_leader_that_comes_first_leaves_the_old_one_to_its_worker():
    schedule = make()
    job = next_job(schedule)
    sweep(LATE)
    assert acquire(job, now=LATE) is None
    assert causes() == [(FIRST, 1, Cause.DOWNTIME), (FIRST + minutes(5), 11, Cause.DOWNTIME)]


def test_the_only_one_that_was_missed_starts_late():
    assert acquire(next_job(make()), now=FIRST + minutes(4)).nominal_at == FIRST


def test_one_that_catches_up_with_nothing_starts_none_of_them():
    schedule = make(catch_up=CatchUp.SKIP)
    assert acquire(next_job(schedule), now=LATE) is None
    assert causes() == [(FIRST, 1, Cause.DOWNTIME), (FIRST + minutes(5), 12, Cause.DOWNTIME)]
    assert nominal(Job.objects.pending()) == [FIRST + minutes(65)]


@pytest.mark.parametrize("per_minute", [None, 600])
def test_a_stop_of_everything_makes_up_for_nothing_however_it_ends(per_minute):
    schedule = make(catch_up=CatchUp.SKIP)
    job, end = next_job(schedule), LATE - seconds(1)
    made = Stop.objects.create(begins_at=NOW, until=end, reason="x", per_minute=per_minute, created_at=NOW)
    stops.let_go(made.pk, now=end)
    assert acquire(job, now=LATE) is None
    assert causes() == [(FIRST, 1, Cause.DOWNTIME), (FIRST + minutes(5), 12, Cause.DOWNTIME)]


def test_within_max_delay_time_nothing_was_missed():
    schedule = make(catch_up=CatchUp.SKIP)
    assert acquire(next_job(schedule), now=FIRST + seconds(29)).nominal_at == FIRST


def test_within_max_delay_time_each_gets_its_job_although_it_has_passed():
    schedule = make("*/10 * * * * *", dialect="cron6", catch_up=CatchUp.SKIP, overlap=Overlap.ALLOW)
    first = next_job(schedule)
    assert acquire(first, now=first.nominal_at + seconds(25)) is not None
    assert nominal(Job.objects.pending()) == [first.nominal_at + seconds(n) for n in (10, 20, 30)]
    assert causes() == []


@pytest.mark.parametrize("overlap", [Overlap.SKIP, Overlap.CANCEL])
def test_one_that_catches_up_with_all_starts_the_latest_of_them_one_after_the_other(overlap):
    schedule = make(catch_up=CatchUp.ALL, catch_up_limit=3, overlap=overlap)
    assert acquire(next_job(schedule), now=LATE) is None
    made_up = Job.objects.pending().filter(nominal_at__lt=LATE)
    assert nominal(made_up) == [FIRST + minutes(n) for n in (50, 55, 60)]
    assert {job.overlap for job in made_up} == {Overlap.QUEUE}
    assert causes() == [(FIRST, 1, Cause.CATCH_UP), (FIRST + minutes(5), 9, Cause.CATCH_UP)]


def test_the_one_that_stands_for_all_asks_an_earlier_one_to_stop():
    schedule = make(overlap=Overlap.CANCEL)
    sweep(LATE)
    assert {job.overlap for job in Job.objects.filter(schedule=schedule)} == {Overlap.CANCEL}


def test_a_run_that_was_held_was_not_missed():
    schedule = make(catch_up=CatchUp.SKIP)
    job = next_job(schedule)
    Job.objects.update(waited_for="The queue 'default' is paused.", holds=Hold.QUEUE)
    sweep(FIRST)
    Job.objects.filter(pk=job.pk).update(holds=0)
    assert acquire(job, now=FIRST + minutes(90)).nominal_at == FIRST


def test_one_that_is_later_than_it_may_start_has_its_cause():
    schedule = make(start_within=60)
    assert acquire(next_job(schedule), now=FIRST + seconds(90)) is None
    assert [cause for *_, cause in causes()] in ([Cause.LATE], [Cause.DOWNTIME])
    assert next_job(schedule).nominal_at == FIRST + minutes(5)


def test_one_that_the_ledger_refuses_has_its_cause_and_its_successor():
    schedule = make()
    job = next_job(schedule)
    finish(acquire(job, now=FIRST), now=FIRST)
    Occurrence.objects.exclude(job_id=job.pk).delete()
    Job.objects.exclude(pk=job.pk).delete()
    Schedule.objects.update(accounted_until=FIRST, next_at=FIRST, next_job_id=job.pk)
    # Somebody has set it back by SQL, with the count of its starts.
    Job.objects.update(state=State.PENDING, attempt=0, locked_at=None, execute_at=None, finished_at=None)
    assert acquire(job, now=FIRST) is None
    assert Attempt.objects.count() == 1
    assert causes() == [(FIRST, 1, Cause.TARGET)]
    assert next_job(schedule).nominal_at == FIRST + minutes(5)


def test_a_time_that_has_its_job_gets_no_other_although_sql_has_set_its_schedule_back():
    schedule = make()
    job = next_job(schedule)
    finish(acquire(job, now=FIRST), now=FIRST)
    successor = next_job(schedule)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_schedule SET accounted_until = %s, next_at = %s, next_job_id = NULL", [NOW, FIRST])
    sweeping.catch_up_with([schedule.pk], now=FIRST + seconds(1))
    assert Job.objects.count() == 2
    assert again(schedule).next_job_id == successor.pk


def test_a_body_knows_the_nominal_time():
    context = running.enter(acquire(next_job(make(spread=30)), now=FIRST + seconds(31)))
    running.leave(context)
    assert context.nominal_time == FIRST < context.run_at


def test_a_body_knows_the_labels():
    context = running.enter(acquire(next_job(make(labels={"a": "b"})), now=FIRST))
    running.leave(context)
    assert context.labels == {"a": "b"}
