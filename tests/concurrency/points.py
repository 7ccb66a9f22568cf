"""The points of a job's way at which a test can hold it, with real connections."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction

from jobs import transitions
from jobs.models import Job
from jobs.states import State
from jobs.transitions import WorkerIdentity
from tests import starts
from tests.conftest import NOW

SECOND = timedelta(seconds=1)
PATIENCE = 10  # seconds
NOT_STARTED = ("unlisted", "marked", "published")
POINTS = (*NOT_STARTED, "acquired", "running", "ended")


def new_job():
    return Job.objects.create(target="demo.noop", payload={}, run_at=NOW + timedelta(hours=1))


def beside(function) -> Future:
    """Run it on a connection of its own, at the same time."""

    def call():
        try:
            return function()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(call)
    pool.shutdown(wait=False)
    return future


def wait_for_its_lock(future: Future) -> None:
    """Until the one beside us stands in line for the row."""
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            assert not future.done(), future.result()
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone():
                return
            time.sleep(0.005)
    pytest.fail("it did not wait")


def acquire(job, version=1):
    worker = WorkerIdentity("w@test", uuid.uuid4())
    return starts.acquire(
        job.pk, version, worker=worker, token=uuid.uuid4(), now=NOW, due_before=NOW + timedelta(hours=2)
    )


def listed():
    return Job.objects.list_and_mark(now=NOW, horizon=NOW + timedelta(hours=2), window=10, client="beat")


@contextmanager
def open_acquire(job, *, commit=True):
    """A worker between its UPDATE and its COMMIT. Yields what lets it go on."""
    locked, go_on = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            started = acquire(job)
            locked.set()
            assert go_on.wait(PATIENCE)
            transaction.set_rollback(not commit)
            return started

    worker = beside(hold)
    assert locked.wait(PATIENCE)
    yield go_on.set
    go_on.set()
    worker.result(PATIENCE)


@contextmanager
def reached(point, job):
    """The job at that point of its way; yields what lets it pass, where it is held there."""
    if point in ("marked", "published"):
        (message,) = listed()
        assert (message.id, message.version) == (job.pk, 1)
    elif point == "acquired":
        with open_acquire(job) as go_on:
            yield go_on
        return
    elif point in ("running", "ended"):
        started = acquire(job)
        if point == "ended":
            starts.finish(started, outcome=State.FAILED, execute_at=NOW, finished_at=NOW)
    yield lambda: None


VERBS = {
    "cancel": lambda pk: transitions.cancel(pk, now=NOW, reason=""),
    "earlier": lambda pk: transitions.reschedule(pk, run_at=NOW + 2 * SECOND, now=NOW),
    "later": lambda pk: transitions.reschedule(pk, run_at=NOW + timedelta(minutes=90), now=NOW),
    "run now": lambda pk: transitions.run_now(pk, now=NOW),
    "retry": lambda pk: transitions.retry(pk, now=NOW),
}
DUE = {"earlier": NOW + 2 * SECOND, "later": NOW + timedelta(minutes=90), "run now": NOW, "retry": NOW}
