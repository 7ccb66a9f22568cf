"""What a person does to a job of a calendar, what waits for one, and what the table refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from jobs import transitions
from jobs.models import Audit, Calendar
from jobs.states import Hold, State
from tests.conftest import NOW, seconds
from tests.transitions.steps import EVENING, OPENS, acquire, again, finish, is_waiting

pytestmark = pytest.mark.django_db


def test_run_now_by_a_person_goes_over_the_calendar_and_is_audited(bound):
    job = bound(EVENING + timedelta(hours=1))
    assert transitions.run_now(job.pk, now=EVENING).done
    assert Audit.objects.filter(job=job, verb="run_now").exists()
    assert acquire(again(job), now=EVENING) is not None


def test_that_stands_for_one_start_only(bound):
    job = bound(EVENING, rerunnable=True, max_attempts=3, retry_on=["failure"])
    transitions.run_now(job.pk, now=EVENING)
    started = acquire(again(job), now=EVENING)
    finish(started, outcome=State.FAILED, error="no", kinds=("failure",))
    job = again(job)
    assert job.state == State.PENDING
    assert acquire(job, now=EVENING, due_before=job.run_at + seconds(1)) is None
    assert again(job).run_at == OPENS


def test_a_reschedule_is_bound_again(bound):
    job = bound(EVENING)
    transitions.run_now(job.pk, now=EVENING)
    transitions.reschedule(job.pk, run_at=EVENING + seconds(60), now=EVENING)
    assert acquire(again(job), now=EVENING + seconds(60)) is None


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"open_days": 0}, "no open moment"),
        ({"time_zone": "Mars/Base"}, "'office' cannot be used: This time zone is not known"),
        ({"holidays_of": "XX"}, "'office' cannot be used: The holidays of 'XX'"),
    ],
)
def test_it_waits_for_a_person(bound, broken, says):
    job = bound(NOW)
    Calendar.objects.update(**broken)  # by somebody's hand
    assert acquire(job) is None
    held = again(job)
    assert is_waiting(held)
    assert held.held_by == Hold.PERSON
    assert says in held.waited_for
    assert transitions.run_now(job.pk, now=NOW).done
    assert acquire(again(job)) is not None


@pytest.mark.parametrize(
    "values",
    [{"blackout": "later"}, {"asked_run_at": "infinity"}, {"calendar_id": 4711}],
)
def test_the_table_refuses(make_job, values):
    job = make_job()
    (column, value), *_ = values.items()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE jobs_job SET {column} = %s WHERE id = %s", [value, job.pk])


def test_a_calendar_that_jobs_have_is_not_deleted(bound, office):
    bound(NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        office.delete()
