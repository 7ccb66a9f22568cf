import time
from concurrent.futures import wait
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from jobs.clock import clock
from verification.benchmark.steady.feeder import AT_A_TIME, Feeder
from verification.rows import jobs_of


def feeder(since, **changes) -> Feeder:
    return Feeder("cafe", **{"rate": 200, "jobs": 50, "since": since, "ahead": 12.5} | changes)


@pytest.mark.django_db
def test_jobs_are_committed_so_far_ahead_and_spread_evenly():
    since = clock.now() + timedelta(seconds=60)
    one = feeder(since)
    due = since.timestamp()
    assert one.commit_due(due - 12.502) == 0
    assert one.commit_due(due - 12.398) == 21
    assert one.commit_due(due - 12.398) == 0
    assert one.commit_due(due + 100) == 29
    assert one.commit_due(due + 100) == 0
    jobs = jobs_of("cafe", one.first_id).order_by("id")
    assert [job.pk for job in jobs] == one.created
    assert [job.run_at for job in jobs] == [since + n * timedelta(milliseconds=5) for n in range(50)]
    assert {(job.target, job.queue, job.enqueued_at) for job in jobs} == {("demo.noop", "default", None)}


@pytest.mark.django_db
def test_a_batch_is_bounded():
    since = clock.now() + timedelta(seconds=60)
    one = feeder(since, jobs=AT_A_TIME + 5)
    assert [one.commit_due(since.timestamp() + 60) for _ in range(3)] == [AT_A_TIME, 5, 0]


@pytest.fixture
def no_table(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_job RENAME TO jobs_job_away")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_job_away RENAME TO jobs_job")


def test_a_feeder_that_dies_says_so(no_table):
    with pytest.raises(DatabaseError), feeder(clock.now()) as one:
        check_until_late(one)


def test_it_says_so_at_the_end_too(no_table):
    with pytest.raises(DatabaseError), feeder(clock.now()) as one:
        wait([one.feeding])


def check_until_late(one: Feeder) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        one.check()
    one.feeding = None  # or its end says what `check` should have said
