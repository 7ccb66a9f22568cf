"""A job that runs is asked to stop: it goes on running until it heeds that, and is not started again."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs import transitions
from jobs.models import Audit, Job
from jobs.models.querysets import AskedToStop
from jobs.states import State
from jobs.transitions import controls
from tests.conftest import NOW, seconds
from tests.transitions.steps import WORKER, acquire, finish

pytestmark = pytest.mark.django_db


def cancel(job, **more):
    answer = transitions.cancel(job.pk, now=NOW + seconds(5), reason="not needed", **more)
    job.refresh_from_db()
    return answer


@pytest.fixture
def running(make_job):
    job = make_job(rerunnable=True, max_attempts=3, retry_on=["failure", "cancelled"])
    job.started = acquire(job)
    return job


def test_it_stays_running_and_the_request_is_audited(running, admin_user):
    answer = cancel(running, by=admin_user)
    assert answer.done
    assert answer.why == f"Job {running.pk} was asked to stop; it is running since {NOW:%Y-%m-%d %H:%M:%S} UTC."
    assert (running.state, running.cancel_requested_at) == (State.RUNNING, NOW + seconds(5))
    audit = Audit.objects.get()
    asked = (audit.verb, audit.from_state, audit.to_state, audit.reason, audit.by)
    assert asked == ("cancel", State.RUNNING, State.RUNNING, "not needed", admin_user)


def test_one_statement_finds_those_that_are_to_stop(make_job, running, admin_user):
    others = [make_job() for _ in range(3)]
    for job in others[:2]:
        acquire(job)
    cancel(running, by=admin_user)
    Job.objects.filter(pk=others[0].pk).update(cancel_requested_at=NOW)  # by plain SQL
    with CaptureQueriesContext(connection) as seen:
        found = Job.objects.asked_to_stop([running.pk, *(job.pk for job in others)])
    assert len(seen) == 1
    assert sorted(found) == [
        AskedToStop(running.pk, 1, "admin", "not needed"),
        AskedToStop(others[0].pk, 1, None, None),
    ]
    assert Job.objects.asked_to_stop([others[1].pk]) == []
    finish(running.started)
    assert Job.objects.asked_to_stop([running.pk]) == [], "it has ended"


def test_no_failure_of_it_starts_it_again(running):
    cancel(running)
    assert finish(running.started, State.FAILED, error="boom", kinds=("failure",))
    running.refresh_from_db()
    assert (running.state, running.reason) == (State.FAILED, "boom")


def test_a_vanished_worker_does_not_start_it_again(running):
    cancel(running)
    transitions.interrupt([WORKER.session], now=NOW, reason="gone")
    running.refresh_from_db()
    assert running.state == State.INTERRUPTED
    assert "It had been asked to stop" in running.reason


def test_a_person_may_start_it_again_and_then_nobody_wants_it_to_stop(running):
    cancel(running)
    finish(running.started, State.FAILED, error="stopped", kinds=("cancelled",))
    assert transitions.retry(running.pk, now=NOW).done
    running.refresh_from_db()
    assert (running.state, running.cancel_requested_at) == (State.PENDING, None)


@pytest.mark.parametrize("state", [State.PENDING, State.CANCELLED, State.SKIPPED])
def test_the_table_refuses_the_request_where_nothing_ran(make_job, state):
    job = make_job()
    finished_at = None if state == State.PENDING else NOW
    with pytest.raises(IntegrityError, match="jobs_asked_to_stop_has_run"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(state=state, finished_at=finished_at, cancel_requested_at=NOW)


def test_its_worker_is_woken(running, monkeypatch):
    woken = []
    monkeypatch.setattr(controls, "wake_at_commit", woken.append)
    cancel(running)
    assert woken == [WORKER.name]


def test_one_that_runs_without_a_ledger_row_is_asked_to_stop_all_the_same(make_job):
    job = make_job(1)
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, locked_at=NOW, attempt=1)  # by somebody's hand
    assert transitions.cancel(job.pk, now=NOW, reason="stop").done
    assert Job.objects.get(pk=job.pk).cancel_requested_at == NOW
