"""What is taken when the database does not answer, we err, or others count this worker as gone."""

import threading
import time

import pytest
from django.db import OperationalError

from jobs import transitions
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.worker.arm import taking
from tests.worker.arm.steps import WORKER, ended, job, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_that_others_count_as_gone_takes_nothing_and_keeps_nothing(worker):
    """What it took would be declared interrupted, and started again, beside its body."""
    w = worker(slots=1)
    w.identity = None
    due, later = job(0), job(0.3)
    w.deliver(due, later)
    wait_for(lambda: w.handed_back == [due.pk, later.pk])
    assert not Attempt.objects.exists()
    assert w.acknowledged == []
    w.identity = WORKER
    w.deliver(due)  # by the broker, again
    wait_for(lambda: ended(due))  # the slot had been given back


@pytest.mark.parametrize("after", [True, False])
def test_an_answer_to_commit_that_is_lost_starts_nothing_twice_and_loses_nothing(worker, monkeypatch, after):
    acquire, failed = transitions.acquire, []

    def flaky(*args, **kwargs):
        if failed:
            return acquire(*args, **kwargs)
        failed.append(1)
        if after:
            acquire(*args, **kwargs)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(transitions, "acquire", flaky)
    w = worker()
    jobs = [job(0) for _ in range(4)]
    w.deliver(*jobs)
    wait_for(lambda: ended(*jobs))
    assert [one.state for one in Job.objects.all()] == [State.COMPLETED] * 4
    assert Attempt.objects.count() == 4
    wait_for(lambda: w.slots.taken == 0)


def test_an_error_of_ours_costs_no_slot(worker, monkeypatch):
    monkeypatch.setattr(taking.acquisition, "acquire", lambda *args: 1 / 0)
    w = worker(slots=1)
    due = job(0)
    w.deliver(due)
    wait_for(lambda: w.armer.waiting == 0 and w.slots.taken == 0)
    due.refresh_from_db()
    assert due.state == State.PENDING, "the list query finds it again"


def test_a_row_that_we_cannot_judge_holds_up_no_other(worker, monkeypatch):
    acquire = transitions.acquire
    jobs = [job(0) for _ in range(3)]
    bad = jobs[1].pk

    def judging(wanted, **more):
        if any(one.job_id == bad for one in wanted):
            raise RuntimeError("ours")
        return acquire(wanted, **more)

    monkeypatch.setattr(transitions, "acquire", judging)
    w = worker()
    w.deliver(*jobs)
    wait_for(lambda: ended(jobs[0], jobs[2]))
    wait_for(lambda: w.slots.taken == 0)
    assert Job.objects.get(pk=bad).state == State.PENDING


@pytest.mark.parametrize("limit", [{}, {"key": "one at a time"}])
def test_a_worker_that_stops_waits_for_the_starts_in_doubt(worker, monkeypatch, limit):
    """Their COMMIT may have taken effect: then they have a slot and a body, or nobody tells how they ended."""
    acquire, ask, failed = transitions.acquire, transitions.acquired_by, []

    def lost(*args, **kwargs):
        acquired = acquire(*args, **kwargs)
        if acquired.started and not failed:
            failed.append(1)
            raise OperationalError("server closed the connection unexpectedly")
        return acquired

    def slow(*args, **kwargs):
        asked.set()
        time.sleep(0.3)
        return ask(*args, **kwargs)

    asked = threading.Event()
    monkeypatch.setattr(transitions, "acquire", lost)
    monkeypatch.setattr(transitions, "acquired_by", slow)
    w, given = worker(), []
    give = w.slots.give
    monkeypatch.setattr(w.slots, "give", lambda armed: given.append(armed) or give(armed))
    doubtful = job(0, **limit)
    w.deliver(doubtful)
    assert asked.wait(30)
    w.armer.stop()
    assert len(given) == 1
    w.stop()
    assert ended(doubtful)
