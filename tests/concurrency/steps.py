"""Contenders with connections of their own, and what they do to jobs."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from jobs.models import Job
from jobs.states import State
from jobs.transitions import Started, WorkerIdentity
from jobs.transitions.limits.names import LOCKS
from tests import starts
from tests.conftest import NOW

TOGETHER = 8
PATIENCE = 10  # seconds
LATER = NOW + timedelta(hours=2)  # after all that these jobs are due at


def at_once(function: Callable[[Any], Any], arguments: Iterable[Any]) -> list[Any]:
    """Call the function with each argument at the same moment, each on a connection of its own."""
    arguments = list(arguments)
    start = threading.Barrier(len(arguments))

    def call(argument: Any) -> Any:
        try:
            start.wait(PATIENCE)
            return function(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(call, arguments))


def beside(function: Callable[[], Any]) -> Future[Any]:
    """Run it on a connection of its own, at the same time."""

    def call() -> Any:
        try:
            return function()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(call)
    pool.shutdown(wait=False)
    return future


def wait_for_its_lock(future: Future[Any]) -> None:
    """Until the one beside us stands in line for the row. Asked beside us, too: in a transaction pg_stat_activity
    stands still."""
    beside(lambda: _wait_for_its_lock(future)).result(2 * PATIENCE)


def _wait_for_its_lock(future: Future[Any]) -> None:
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


def locked(name: str, until: float) -> tuple[threading.Event, Future[Any]]:
    """Somebody who has the limit's lock, as psql may, until the event is set, or so many seconds."""
    has, go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS, name])
            has.set()
            go.wait(until)

    future = beside(hold)
    assert has.wait(PATIENCE)
    return go, future


def rows(count: int, **fields: Any) -> list[Job]:
    """As many jobs, due one after the other."""
    return Job.objects.bulk_create(
        Job(target="demo.noop", payload={}, run_at=NOW + timedelta(milliseconds=n), **fields) for n in range(count)
    )


def acquire(job: Job, version: int = 1) -> Started | None:
    """By a worker of its own."""
    worker = WorkerIdentity("w@test", uuid.uuid4())
    return starts.acquire(job.pk, version, worker=worker, token=uuid.uuid4(), now=NOW, due_before=LATER)


def finish(started: Started | None, outcome: State = State.COMPLETED) -> bool:
    """Whether the row was still this attempt's."""
    return starts.finish(started, outcome=outcome, execute_at=NOW, finished_at=NOW)
