import uuid
from datetime import timedelta

import pytest
from django.db import connection, connections

from jobs.models import Job, Worker
from jobs.scheduler import rescue as service
from jobs.scheduler.rescue import rescue
from jobs.states import State
from jobs.transitions import WorkerIdentity
from tests import starts
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

PATIENCE = timedelta(seconds=20)
LONG_AGO = NOW - timedelta(hours=1)


def worker(silent_for, **values):
    return Worker.objects.create(
        name="w@test", pid=1, pool="thread", slots=5, heartbeat_at=NOW - timedelta(seconds=silent_for), **values
    )


def running_on(make_job, session):
    job = make_job()
    identity = WorkerIdentity("w@test", session)
    starts.acquire(job.pk, 1, worker=identity, token=uuid.uuid4(), now=NOW, due_before=job.run_at + PATIENCE)
    return job


def state_of(job):
    return Job.objects.get(pk=job.pk).state


def test_a_living_worker_keeps_its_jobs(make_job):
    job = running_on(make_job, worker(19).session)
    assert rescue(now=NOW, patience=PATIENCE, watching_since=LONG_AGO) == 0
    assert state_of(job) == State.RUNNING


@pytest.mark.parametrize(("silent_for", "stopped_at"), [(21, None), (1, NOW)])
def test_what_a_silent_or_stopped_worker_held_is_interrupted(make_job, silent_for, stopped_at):
    gone = worker(silent_for, stopped_at=stopped_at)
    job = running_on(make_job, gone.session)
    assert rescue(now=NOW, patience=PATIENCE, watching_since=LONG_AGO) == 1
    assert state_of(job) == State.INTERRUPTED
    gone.refresh_from_db()
    assert gone.gone_at == NOW
    assert rescue(now=NOW, patience=PATIENCE, watching_since=LONG_AGO) == 0


def test_what_is_rerunnable_is_due_again(make_job):
    gone = worker(21)
    held = running_on(make_job, gone.session)
    again = running_on(lambda: make_job(rerunnable=True, max_attempts=2), gone.session)
    assert rescue(now=NOW, patience=PATIENCE, watching_since=LONG_AGO) == 2
    assert (state_of(held), state_of(again)) == (State.INTERRUPTED, State.PENDING)


def test_silence_counts_only_while_we_watch(make_job):
    job = running_on(make_job, worker(300).session)
    assert rescue(now=NOW, patience=PATIENCE, watching_since=NOW - timedelta(seconds=19)) == 0
    assert state_of(job) == State.RUNNING


def test_what_a_stopped_worker_held_is_interrupted_however_briefly_we_have_watched(make_job):
    """It has said good-bye. Of the silent, and of starts that are nobody's, nothing is known yet."""
    stopped, silent = (running_on(make_job, worker(300, stopped_at=at).session) for at in (NOW, None))
    orphan = running_on(make_job, uuid.uuid4())
    later = NOW + timedelta(hours=1)
    assert rescue(now=later, patience=PATIENCE, watching_since=later) == 1
    assert [state_of(job) for job in (stopped, silent, orphan)] == [State.INTERRUPTED, State.RUNNING, State.RUNNING]


def test_it_touches_the_jobs_only_when_a_worker_has_vanished(make_job, django_assert_num_queries):
    worker(0)
    with django_assert_num_queries(1):  # is any worker gone?
        rescue(now=NOW, patience=PATIENCE, watching_since=LONG_AGO)


def test_it_takes_a_bounded_number_at_a_time(monkeypatch):
    monkeypatch.setattr(service, "WORKERS_AT_A_TIME", 1)
    worker(30)
    worker(30)
    rescue(now=NOW, patience=PATIENCE, watching_since=LONG_AGO)
    assert Worker.objects.present().count() == 1


def test_what_a_worker_acquired_after_it_was_declared_gone_is_settled_too(make_job):
    """It woke, took a job before its next heartbeat, and died in it: no present worker leads to that attempt."""
    gone = worker(300, gone_at=NOW - PATIENCE)
    job = running_on(make_job, gone.session)
    unregistered = running_on(make_job, uuid.uuid4())
    assert rescue(now=NOW + PATIENCE, patience=PATIENCE, watching_since=LONG_AGO) == 0
    later = NOW + PATIENCE + timedelta(seconds=1)
    assert rescue(now=later, patience=PATIENCE, watching_since=later) == 0
    assert rescue(now=later, patience=PATIENCE, watching_since=LONG_AGO) == 2
    assert [state_of(job), state_of(unregistered)] == [State.INTERRUPTED] * 2
    assert rescue(now=later, patience=PATIENCE, watching_since=LONG_AGO) == 0


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_left_for_the_next_time(make_job):
    """A person with a transaction open would stop the leading beat, and the next one after it."""
    gone = worker(21)
    held, free = running_on(make_job, gone.session), running_on(make_job, gone.session)
    other = connections.create_connection("default")
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM jobs_job WHERE id = %s FOR UPDATE", [held.pk])
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")  # else this test would wait for ever
    try:
        assert rescue(now=NOW, patience=PATIENCE, watching_since=LONG_AGO) == 1
        assert (state_of(held), state_of(free)) == (State.RUNNING, State.INTERRUPTED)
        other.rollback()
        later = NOW + 2 * PATIENCE
        assert rescue(now=later, patience=PATIENCE, watching_since=LONG_AGO) == 1
        assert state_of(held) == State.INTERRUPTED
    finally:
        other.close()
        connection.close()
