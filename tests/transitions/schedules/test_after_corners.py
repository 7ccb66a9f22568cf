"""Corners of schedules that come after others: what cannot be reckoned, what is gone, and what repeats."""

import pytest

from jobs.models import Job, Occurrence, Schedule
from jobs.states import Awaited, Cause, State
from jobs.transitions.dependencies.runs import awaited_by
from jobs.transitions.schedules import backfill
from tests.transitions.schedules.following import (
    EVENING,
    FREE,
    MIDNIGHT,
    SKIPPED,
    WAITS,
    at,
    first,
    follower,
    look,
    run,
    sees,
)
from tests.transitions.schedules.life import acquire, minutes, next_job

pytestmark = pytest.mark.django_db


def test_one_of_several_in_a_row_that_were_missed_together_has_not_completed():
    one = first(expression="0 * * * *")
    Occurrence.objects.filter(schedule=one).delete()
    Occurrence.objects.create(
        schedule=one,
        nominal_at=EVENING,
        until=at(3),
        count=5,
        cause=Cause.DOWNTIME,
        noted_at=at(4),
    )
    Schedule.objects.filter(pk=one.pk).update(accounted_until=MIDNIGHT + minutes(24 * 60))
    job = next_job(follower(one, expression="30 1 * * *"))
    look(at(5))
    assert sees(job) == SKIPPED


def test_one_whose_job_is_deleted_is_not_waited_for():
    one = first()
    job = next_job(follower(one))
    started = run(one, now=at(2), outcome=State.FAILED)
    Job.objects.filter(pk=started.job_id).delete()
    look(at(4))
    assert sees(job) == FREE


def test_one_that_cannot_go_on_is_waited_for():
    one = first()
    job = next_job(follower(one))
    Schedule.objects.filter(pk=one.pk).update(problem="No.", next_at=None, next_job_id=None)
    Occurrence.objects.filter(schedule=one).delete()
    look(at(5))
    assert sees(job) == WAITS
    (awaited,) = awaited_by(Job.objects.get(pk=job.pk), now=at(5))
    said = ("what the schedule 'first' has that day", "cannot be reckoned: No.")
    assert (awaited.words, awaited.stands) == said


def test_one_whose_expression_cannot_be_read_is_waited_for_too():
    one = first()
    job = next_job(follower(one))
    Schedule.objects.filter(pk=one.pk).update(expression="?", accounted_until=EVENING)
    look(at(5))
    assert sees(job) == WAITS


def test_nobody_knows_the_day_of_one_whose_zone_is_not_known():
    one = first()
    second = follower(one)
    Schedule.objects.filter(pk=second.pk).update(time_zone="Nowhere")
    look(at(5))
    assert sees(next_job(second)) == WAITS


def test_one_that_has_come_as_often_as_it_may_is_not_waited_for():
    one = first(expression="0 2,6 * * *", most_runs=1)
    job = next_job(follower(one))
    run(one, now=at(2))
    assert sees(job) == FREE, "there is no run of 06:00"


def test_its_pages_say_how_far_the_others_are():
    often = first("often", "0 2,3 * * *")
    job = next_job(follower(often, after_end=Awaited.ANY))
    run(often, now=at(2))
    acquire(next_job(often), now=at(3))
    runs = awaited_by(Job.objects.get(pk=job.pk), now=at(3))
    assert [(one.words, one.stands, one.is_over) for one in runs] == [
        ("the run of 'often' of 2030-01-02 02:00:00 UTC", "has completed", True),
        ("the run of 'often' of 2030-01-02 03:00:00 UTC", "is running", False),
    ]
    assert awaited_by(next_job(often), now=at(3)) == [], "it comes after none"


def test_a_repeat_waits_for_nothing():
    one = first()
    second = follower(one)
    asked = backfill.Backfill(second, EVENING - minutes(24 * 60), EVENING)
    operation = backfill.begin_backfill(asked, reason="", by=None, now=EVENING)
    assert backfill.go_on(operation.pk, now=EVENING) == 1
    (repeat,) = Job.objects.filter(schedule=second).exclude(pk=next_job(second).pk)
    assert sees(repeat) == FREE
