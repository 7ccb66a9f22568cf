"""A pool child that is told to stop in the middle of an attempt."""

import signal
import uuid

import pytest
from django.db import OperationalError, connection

from jobs import targets, transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.targets import registry
from jobs.transitions import WorkerIdentity
from jobs.worker import runner

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = WorkerIdentity("w1@test", uuid.uuid4())


@pytest.fixture
def job(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @targets.target("test.body")
    def body() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            raise SystemExit(signal.SIGTERM - 256)  # what the handler of a pool child raises

    def make(**fields):
        job = Job.objects.create(target="test.body", payload={}, run_at=clock.now(), **fields)
        job.refresh_from_db()
        return job

    return make


def run(job):
    with pytest.raises(SystemExit):
        runner.run(job.pk, job.version, WORKER)
    job.refresh_from_db()
    return job


def test_its_job_is_interrupted_and_did_not_fail(job):
    done = run(job())
    assert done.state == State.INTERRUPTED
    assert "Its process was told to stop after the start" in done.reason
    assert Attempt.objects.get().outcome == State.INTERRUPTED


def test_where_it_is_rerunnable_it_is_due_again(job):
    done = run(job(rerunnable=True, max_attempts=2))
    assert (done.state, done.version) == (State.PENDING, 2)


def test_without_a_database_the_end_of_the_worker_will_say_it(job, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("away")

    monkeypatch.setattr(transitions, "interrupt", away)
    assert run(job()).state == State.RUNNING
