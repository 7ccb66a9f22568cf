"""A job that is of no use when late is skipped, visibly, instead of started."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from jobs import transitions
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from tests.conftest import NOW
from tests.transitions.steps import acquire

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(make_job):
    """A job that is to start within a minute of its time, and for which a worker comes so many seconds late."""

    def make(late, start_within=60):
        job = make_job(start_within=start_within)
        Job.objects.filter(pk=job.pk).update(run_at=NOW - timedelta(seconds=late))
        job.refresh_from_db()
        return job

    return make


@pytest.mark.parametrize("late", [-0.1, 0, 59.9, 60])
def test_in_time_it_starts(due, late):
    assert acquire(due(late)) is not None
    assert Job.objects.get().state == State.RUNNING


def test_later_it_is_skipped_with_the_reason(due):
    job = due(75)
    assert acquire(job) is None
    job.refresh_from_db()
    assert (job.state, job.finished_at, job.locked_at) == (State.SKIPPED, NOW, None)
    assert job.reason == "It could have started 75.0 s after its time; it was to start within 60 s."
    assert not Attempt.objects.exists()
    assert not WorkerLog.objects.exists(), "it was found, and not missed"


def test_by_default_it_starts_however_late(due):
    assert acquire(due(86_400 * 30, start_within=None)) is not None


def test_a_person_may_start_it_all_the_same(due):
    job = due(75)
    acquire(job)
    assert transitions.retry(job.pk, now=NOW).done
    job.refresh_from_db()
    assert (job.state, job.run_at) == (State.PENDING, NOW)
    assert acquire(job) is not None


def test_the_table_refuses_no_time_at_all(make_job):
    job = make_job()
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(start_within=0)
