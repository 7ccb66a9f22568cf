"""Starts one job in this thread: through the transitions and targets that a worker uses, without the worker."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from django.test import TestCase
from psycopg.pq import TransactionStatus

from jobs import transitions
from jobs.clock import clock
from jobs.database import connection, transaction
from jobs.models import Job
from jobs.transitions import AcquireRequest, Ended, Started, WorkerIdentity
from jobs.worker.run import current, running
from jobs.worker.run.outcome import at_last, call, cancelled, ended
from jobs.worker.run.runner import prepare

WORKER = WorkerIdentity("tests@here", uuid.uuid4())
SLACK = timedelta(seconds=1)


def start(job: Job) -> bool:
    """Take the row of this job, run its target and record the end; return whether it was started at all. What it does
    at commit is done at once: the test's own transaction may never commit."""
    with _at_once():
        asked = [AcquireRequest(job.pk, job.version, uuid.uuid4())]
        now = clock.current()
        acquired = transitions.acquire(asked, worker=WORKER, now=now, due_before=now + SLACK, sharing=True)
    for started in acquired.started:
        with _at_once():
            end = _attended(started)
        with _at_once():
            transitions.finish([end])
    return bool(acquired.started)


def _attended(started: Started) -> Ended:
    context = running.enter(started)
    context.execution.on_progress = None  # what it has said last is recorded with its end
    body, token = current.begin(context)
    execute_at = clock.now()
    try:
        target, unprepared = prepare(started, context, body)
        not_entered = cancelled(context) if context.cancelled else unprepared
        try:
            with _kept_alive():
                how = not_entered or call(partial(body.enter, target), context)
        finally:
            target.close()
    finally:
        current.end(token)
        running.leave(context)
    finished_at = clock.now()
    how = at_last(started, how, finished_at)
    return ended(started, how, None if not_entered else execute_at, finished_at, context.execution)


@contextmanager
def _at_once() -> Iterator[None]:
    """Do what waits for the commit at the end of this block, where the test's own transaction is around it."""
    if not connection.in_atomic_block:
        yield
        return
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


@contextmanager
def _kept_alive() -> Iterator[None]:
    """Keep the test's own transaction usable, whatever a body does in it: an error of the database takes back what that
    body has written, and nothing else. Without such a transaction each statement of a body is its own, as on a
    worker."""
    if not connection.in_atomic_block:
        yield
        return
    before = transaction.savepoint()
    yield
    raw = connection.connection
    if connection.needs_rollback or raw.info.transaction_status == TransactionStatus.INERROR:
        connection.needs_rollback = False
        transaction.savepoint_rollback(before)
    else:
        transaction.savepoint_commit(before)
