"""A deadline: so many seconds from when the start was due or, if later, its row was taken."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jobs.models import Job
from jobs.states import State
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, finish

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("late", "ends"), [(-0.2, 10.2), (0, 10), (60, 10)])
def test_it_counts_from_the_later_of_the_two_moments(make_job, late, ends):
    job = make_job(deadline=10)
    Job.objects.filter(pk=job.pk).update(run_at=NOW - timedelta(seconds=late))
    job.refresh_from_db()
    started = acquire(job)
    job.refresh_from_db()
    assert started.deadline == 10
    assert started.ends_by == job.ends_by == NOW + seconds(ends)


def test_without_one_it_may_take_however_long(make_job):
    job = make_job()
    assert acquire(job).ends_by is None
    job.refresh_from_db()
    assert not job.is_beyond_deadline(NOW + timedelta(days=9999))


@pytest.mark.parametrize(("after", "beyond"), [(9.999, False), (10, False), (10.001, True)])
def test_who_runs_beyond_it_is_known(make_job, after, beyond):
    job = make_job(0, deadline=10)
    acquire(job)
    job.refresh_from_db()
    now = NOW + seconds(after)
    assert job.is_beyond_deadline(now) == beyond


def test_who_has_ended_is_not(make_job):
    job = make_job(0, deadline=10)
    finish(acquire(job), State.FAILED)
    job.refresh_from_db()
    assert not job.is_beyond_deadline(NOW + seconds(100))


@pytest.mark.parametrize("deadline", [0, -1])
def test_the_table_refuses_no_time_at_all(make_job, deadline):
    job = make_job()
    with pytest.raises(IntegrityError, match="jobs_deadline_positive"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(deadline=deadline)


@pytest.mark.parametrize("deadline", [0, 10**9])
def test_so_do_the_rules(make_job, deadline):
    with pytest.raises(ValidationError, match="or nothing for a job that may take however long"):
        make_job(deadline=deadline)
