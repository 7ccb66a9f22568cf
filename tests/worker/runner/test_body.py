"""Whatever a body does, its start was committed before, once, and its end is recorded."""

import signal
import threading
import uuid

import pytest
from django.db import connection, transaction

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.transitions import WorkerIdentity
from jobs.worker.run import runner
from tests.worker.runner.steps import WORKER, go, job, run

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_everybody_can_see_the_start_before_the_body_runs(body):
    """Committed, not only written: a worker that dies in the body has started the job."""
    seen = []

    def look():
        seen.append((Job.objects.get().state, Attempt.objects.open().count()))
        connection.close()

    def from_another_connection():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    run(job(target=body(from_another_connection)))
    assert seen == [(State.RUNNING, 1)]


@pytest.mark.django_db(transaction=True)
def test_of_many_that_have_the_message_one_runs_it(body):
    ran = []
    due = job(0.2, body(lambda: ran.append(1)))
    start = threading.Barrier(8)

    def worker(n):
        start.wait()
        go(due.pk, due.version, WorkerIdentity(f"w{n}@test", uuid.uuid4()))
        connection.close()

    threads = [threading.Thread(target=worker, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [1]
    assert Attempt.objects.filter(job=due).count() == 1


@pytest.mark.parametrize(
    ("error", "reason"), [(KeyError("which"), "KeyError: 'which'"), (SystemExit(3), "SystemExit: 3")]
)
def test_a_failing_body_fails_the_job_with_the_reason(body, error, reason):
    def boom():
        raise error

    done = run(job(target=body(boom)))
    assert (done.state, done.reason) == (State.FAILED, reason)
    assert done.execute_at is not None
    assert Attempt.objects.get().error.startswith(f"{reason}\n\nTraceback")


def test_a_child_that_is_told_to_stop_in_a_body_says_nothing_about_its_job(body):
    """Its parent notices that it died, and that nobody knows whether the job had any effect."""

    def stopped():
        raise SystemExit(signal.SIGTERM - 256)  # what the handler of a pool child raises

    due = job(target=body(stopped))
    with pytest.raises(SystemExit):
        run(due)
    due.refresh_from_db()
    assert due.state == State.RUNNING


def test_an_error_of_ours_after_the_row_was_taken_leaves_no_job_running_for_ever(monkeypatch):
    monkeypatch.setattr(runner, "call", lambda started, body, context: 1 / 0)
    done = run(job())
    assert done.state == State.INTERRUPTED
    assert "not of the job" in done.reason
    assert Attempt.objects.get().outcome == State.INTERRUPTED


def test_an_end_after_the_job_was_settled_is_evidence_only(body):
    def settled():
        transitions.interrupt([WORKER.session], now=clock.now(), reason="thought gone")

    done = run(job(target=body(settled)))
    assert done.state == State.INTERRUPTED
    assert "Ended as completed" in Attempt.objects.get().error


@pytest.mark.django_db(transaction=True)
def test_a_body_that_leaves_a_transaction_open_does_not_take_the_next_start_into_it(body):
    """Else that start would never commit, and another slot would make it again."""

    def leave_open():
        transaction.set_autocommit(False)
        Job.objects.create(target="left.behind", payload={}, run_at=clock.now())

    first, second = job(target=body(leave_open)), job()

    def slot():
        go(first.pk, first.version, WORKER)
        go(second.pk, second.version, WORKER)
        connection.close()

    thread = threading.Thread(target=slot)
    thread.start()
    thread.join()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.FAILED, State.COMPLETED)
    assert not Job.objects.filter(target="left.behind").exists()
