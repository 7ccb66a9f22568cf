"""Operations beside leaders, workers and people who have the same rows, with real connections."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction

from jobs.models import Audit, Job, Verb
from jobs.states import State
from jobs.transitions import operations
from jobs.transitions.operations import AskedOfMany, singly
from tests.concurrency.points import new_job, open_acquire
from tests.concurrency.steps import PATIENCE, beside
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def begin():
    grace = User.objects.create_user("grace")
    grace.user_permissions.set(Permission.objects.filter(codename__in=("view_job", "control_job")))
    by = User.objects.get(pk=grace.pk)

    def of(verb, **more):
        return operations.begin(AskedOfMany(verb, {}, **more), reason="x", by=by, now=NOW).operation

    return of


def carry(operation):
    while operations.go_on(operation.pk, now=NOW):
        pass
    operation.refresh_from_db()
    return operation


def test_two_leaders_do_a_batch_once(begin):
    """The one that comes while the other has not committed does nothing."""
    jobs = [new_job() for _ in range(5)]
    operation = begin(Verb.CANCEL)
    done, go_on = threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            operations.go_on(operation.pk, now=NOW)
            done.set()
            assert go_on.wait(PATIENCE)

    one = beside(first)
    assert done.wait(PATIENCE)
    assert beside(lambda: operations.go_on(operation.pk, now=NOW)).result(PATIENCE) is False
    go_on.set()
    one.result(PATIENCE)
    assert carry(operation).done == 5
    assert Audit.objects.filter(operation_id=operation.pk).count() == len(jobs)


def test_a_job_that_somebody_has_is_taken_alone_afterwards(begin):
    """A worker is about to start one: the others are not held up, and that one is asked to stop."""
    jobs = [new_job() for _ in range(3)]
    operation = begin(Verb.CANCEL)
    with open_acquire(jobs[1]) as go_on:
        assert operations.go_on(operation.pk, now=NOW)
        assert Job.objects.filter(state=State.CANCELLED).count() == 2
        go_on()
    operation = carry(operation)
    assert (operation.done, operation.refused) == (3, {})
    assert Job.objects.get(pk=jobs[1].pk).cancel_requested_at == NOW


def test_a_job_that_somebody_has_for_long_stays_and_is_counted(begin, monkeypatch):
    monkeypatch.setattr(singly, "PATIENCE", "100ms")
    job = new_job()
    operation = begin(Verb.CANCEL)
    with open_acquire(job, commit=False):
        operation = carry(operation)
    assert (operation.done, operation.refused) == (0, {"somebody else was at work on it": 1})
    assert operation.outcome == "done"


def test_an_undo_takes_a_locked_one_alone_too(begin):
    jobs = [new_job() for _ in range(2)]
    operation = carry(begin(Verb.CANCEL))
    undone = operations.begin_undo(operation.pk, reason="x", by=operation.created_by, now=NOW).operation
    held, go_on = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            list(Job.objects.filter(pk=jobs[0].pk).select_for_update())
            held.set()
            assert go_on.wait(PATIENCE)

    somebody = beside(hold)
    assert held.wait(PATIENCE)
    assert operations.go_on(undone.pk, now=NOW)
    assert Job.objects.pending().count() == 1
    go_on.set()
    somebody.result(PATIENCE)
    assert carry(undone).done == 2
    assert Job.objects.pending().count() == 2
