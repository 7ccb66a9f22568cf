"""A job's start and end, as the workers of these tests make them."""

import uuid
from datetime import UTC, datetime, timedelta

from jobs import transitions
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.transitions import WorkerIdentity
from tests import starts
from tests.conftest import NOW, seconds

WORKER = WorkerIdentity("w1@test", uuid.uuid4())
SECOND = timedelta(seconds=1)
# Of the calendar "office" (conftest.py): NOW is Tuesday, 1 January 2030, 12:00:03 UTC, in its hours.
OPENS = datetime(2030, 1, 2, 9, tzinfo=UTC)
CLOSES = datetime(2030, 1, 1, 17, tzinfo=UTC)
EVENING = datetime(2030, 1, 1, 20, tzinfo=UTC)


def again(job):
    return Job.objects.get(pk=job.pk)


def acquire(job, *, version=None, token=None, now=NOW, due_before=None, queue=None):
    return starts.acquire(
        job.pk,
        version or job.version,
        worker=WORKER,
        token=token or uuid.uuid4(),
        now=now,
        due_before=due_before or job.run_at + seconds(1),
        queue=queue,
    )


def finish(started, outcome=State.COMPLETED, **more):
    return starts.finish(started, outcome=outcome, execute_at=NOW, finished_at=NOW + seconds(1), **more)


def start(job, *, now=NOW):
    """By a worker of its own, which can vanish alone."""
    worker = WorkerIdentity("w1@test", uuid.uuid4())
    started = starts.acquire(
        job.pk,
        job.version,
        worker=worker,
        token=uuid.uuid4(),
        now=now,
        due_before=job.run_at + SECOND,
    )
    assert started is not None
    return started, worker


def in_state(make_job, state):
    job = make_job()
    if state == State.PENDING:
        return job
    if state == State.CANCELLED:
        transitions.cancel(job.pk, now=NOW, reason="")
    elif state == State.SKIPPED:
        Job.objects.filter(pk=job.pk).update(state=State.SKIPPED, finished_at=NOW)
    else:
        started = acquire(job)
        if state == State.INTERRUPTED:
            transitions.interrupt([WORKER.session], now=NOW, reason="gone")
        elif state != State.RUNNING:
            finish(started, state)
    job.refresh_from_db()
    assert job.state == state
    return job


def run(job, outcome=State.COMPLETED, **more):
    """Start and end it."""
    started = acquire(again(job))
    assert started is not None
    assert finish(started, outcome, **more)


def sees(job):
    """How the row stands: its state, and what it waits for."""
    return (again(job).state, again(job).held_by)


def is_waiting(job):
    return job.state == State.PENDING and job.locked_at is None and not Attempt.objects.filter(job=job).exists()
