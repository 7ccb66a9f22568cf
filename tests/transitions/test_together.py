"""Several starts, and several ends, in one transaction: each as if it were alone."""

import uuid
from datetime import timedelta

import pytest

from jobs import transitions
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended
from tests import starts
from tests.conftest import NOW
from tests.transitions.steps import SECOND, WORKER

pytestmark = pytest.mark.django_db


def wanted(*jobs):
    return [AcquireRequest(job.pk, job.version, uuid.uuid4()) for job in jobs]


def acquire(asked):
    return starts.acquire_all(asked, worker=WORKER, now=NOW, due_before=NOW + timedelta(hours=1))


def ended(started, outcome=State.COMPLETED):
    return Ended(started, outcome, NOW, NOW + SECOND)


def states():
    return list(Job.objects.order_by("pk").values_list("state", flat=True))


def test_any_number_of_starts_costs_the_same_statements(make_job, django_assert_num_queries):
    jobs = [make_job() for _ in range(20)]
    with django_assert_num_queries(4):  # SAVEPOINT, the rows under their locks, RUNNING with the ledger rows, RELEASE
        started = acquire(wanted(*jobs))
    assert [one.job_id for one in started] == [job.pk for job in jobs]
    with django_assert_num_queries(3):  # SAVEPOINT, the jobs with their ledger rows, RELEASE
        assert transitions.finish([ended(one) for one in started]) == []
    assert states() == [State.COMPLETED] * 20
    assert Attempt.objects.filter(outcome=State.COMPLETED, number=1).count() == 20


def test_those_that_are_not_to_be_started_do_not_disturb_the_others(make_job):
    good, edited, cancelled, unknown, twice = [make_job() for _ in range(5)]
    asked = wanted(good, edited, cancelled, unknown, twice, twice)
    Job.objects.filter(pk=edited.pk).update(version=2)
    transitions.cancel(cancelled.pk, now=NOW, reason="")
    Job.objects.filter(pk=unknown.pk).update(target="no.such")
    started = acquire(asked)
    assert [one.job_id for one in started] == [good.pk, twice.pk]
    assert states() == [State.RUNNING, State.PENDING, State.CANCELLED, State.PENDING, State.RUNNING]
    assert "There is no target" in Job.objects.get(pk=unknown.pk).waited_for
    assert sorted(WorkerLog.objects.values_list("job_id", flat=True)) == [edited.pk, cancelled.pk]


def test_of_two_messages_in_a_queue_that_the_row_has_left_one_sends_it_on(make_job, published):
    job = make_job(1)
    published.clear()
    asked = [one._replace(queue="default") for one in wanted(job, job)]
    Job.objects.filter(pk=job.pk).update(queue="gpu")
    assert acquire(asked) == []
    assert [(one.id, one.queue) for one in published] == [(job.pk, "gpu")]


def test_a_start_that_the_ledger_refuses_fails_alone(make_job):
    jobs = [make_job() for _ in range(3)]
    acquire(wanted(jobs[1]))
    Job.objects.filter(pk=jobs[1].pk).update(state=State.PENDING, attempt=0, locked_at=None)
    started = acquire(wanted(*jobs))
    assert [one.job_id for one in started] == [jobs[0].pk, jobs[2].pk]
    assert states() == [State.RUNNING, State.FAILED, State.RUNNING]


def test_an_end_that_no_longer_holds_its_job_is_evidence_and_the_others_count(make_job):
    started = acquire(wanted(*[make_job() for _ in range(3)]))
    transitions.interrupt([WORKER.session], now=NOW, reason="gone", job_id=started[1].job_id)
    ends = [ended(one) for one in started]
    assert transitions.finish(ends) == [ends[1]]
    assert states() == [State.COMPLETED, State.INTERRUPTED, State.COMPLETED]
    assert "Ended as completed" in Attempt.objects.get(job_id=started[1].job_id).error


def test_an_end_reported_again_is_no_news(make_job):
    ends = [ended(one) for one in acquire(wanted(make_job(), make_job()))]
    transitions.finish(ends[:1])
    assert transitions.finish(ends) == []
    assert states() == [State.COMPLETED] * 2


def test_only_the_attempt_that_holds_the_job_ends_it(make_job):
    """Two attempts of one job end in one batch: the zombie's changes nothing, whichever comes first."""
    job = make_job(rerunnable=True, max_attempts=3)
    (first,) = acquire(wanted(job))
    transitions.interrupt([WORKER.session], now=NOW, reason="gone")
    job.refresh_from_db()
    (second,) = acquire(wanted(job))
    ends = [ended(first, State.FAILED), ended(second)]
    assert transitions.finish(ends) == ends[:1]
    assert states() == [State.COMPLETED]
