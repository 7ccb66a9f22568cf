"""Transactions counted from the rows themselves."""

import uuid
from datetime import timedelta

import pytest

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended, WorkerIdentity
from tests import starts
from verification.benchmark import facts

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = WorkerIdentity("w1@test", uuid.uuid4())


def rows(count: int) -> list[int]:
    return [
        Job.objects.create(target="demo.noop", payload={}, run_at=clock.now(), deliveries=1).pk for _ in range(count)
    ]


def acquire(*ids: int):
    now = clock.now()
    wanted = [AcquireRequest(pk, 1, uuid.uuid4()) for pk in ids]
    return starts.acquire_all(wanted, worker=WORKER, now=now, due_before=now + timedelta(seconds=1))


def finish(*started):
    now = clock.now()
    transitions.finish([Ended(one, State.COMPLETED, now, now) for one in started])


def test_each_transaction_counts_once_however_many_rows_it_writes():
    ids = rows(5)
    finish(*acquire(*ids[:3]))
    four, five = acquire(*ids[3:])
    finish(four)
    finish(five)
    found = facts.read(ids)
    assert (found.jobs, found.completed, found.starts, found.started) == (5, 5, 5, 5)
    assert (found.acquisitions, found.endings) == (2, 3)
    assert found.transactions_per_job == 1
    assert found.flaws(5) == []


def test_what_is_lost_or_started_twice_is_a_flaw():
    ids = rows(2)
    finish(*acquire(ids[0]))
    assert acquire(ids[0]) == []
    found = facts.read(ids)
    assert found.acquire_failures == 1
    assert found.flaws(2) == ["2 jobs were created, 2 are in the table, 1 were started, 1 completed."]
    first = Attempt.objects.get()
    first.pk, first.number, first.token = None, 2, uuid.uuid4()
    first.save()
    assert facts.read(ids).flaws(2)[1] == "1 jobs were started 2 times."
