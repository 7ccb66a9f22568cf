"""The points of a job's way at which a test can hold it, with real connections."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction

from jobs import transitions
from jobs.models import Job
from jobs.states import State
from tests.concurrency.steps import LATER, PATIENCE, acquire, beside, finish
from tests.conftest import NOW
from tests.starts import list_and_mark

SECOND = timedelta(seconds=1)
NOT_STARTED = ("unlisted", "marked", "published")
POINTS = (*NOT_STARTED, "acquired", "running", "ended")


def new_job():
    return Job.objects.create(target="demo.noop", payload={}, run_at=NOW + timedelta(hours=1))


def listed():
    return list_and_mark(now=NOW, horizon=LATER)


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
            finish(started, State.FAILED)
    yield lambda: None


VERBS = {
    "cancel": lambda pk: transitions.cancel(pk, now=NOW, reason=""),
    "earlier": lambda pk: transitions.reschedule(pk, run_at=NOW + 2 * SECOND, now=NOW),
    "later": lambda pk: transitions.reschedule(pk, run_at=NOW + timedelta(minutes=90), now=NOW),
    "run now": lambda pk: transitions.run_now(pk, now=NOW),
    "retry": lambda pk: transitions.retry(pk, now=NOW),
}
DUE = {"earlier": NOW + 2 * SECOND, "later": NOW + timedelta(minutes=90), "run now": NOW, "retry": NOW}
