"""Races on real PostgreSQL, with real connections: whoever comes second learns the truth."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from jobs import transitions
from jobs.models import Attempt, Job
from jobs.scheduler.leader import Leader
from jobs.states import State
from jobs.transitions import WorkerIdentity
from tests import starts
from tests.concurrency.steps import LATER, PATIENCE, TOGETHER, acquire, at_once, beside, finish, rows, wait_for_its_lock
from tests.conftest import NOW
from tests.starts import list_and_mark

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_several_list_queries_each_job_is_in_one():
    rows(2000)

    def listed(client):
        return list_and_mark(now=NOW, horizon=NOW + timedelta(minutes=1), client=client)

    found = Counter(job.id for part in at_once(listed, ["a", "b", "c", "d"]) for job in part)
    again = listed("e")
    assert set(found.values()) == {1}
    assert len(found) + len(again) == 2000


def test_of_many_acquisitions_one_wins():
    jobs = rows(20)
    for job in jobs:
        won = [started for started in at_once(acquire, [job] * TOGETHER) if started]
        assert len(won) == 1
    assert Attempt.objects.count() == 20


def test_cancel_against_acquire_has_one_winner_and_true_answers():
    for job in rows(20):
        answers = at_once(
            lambda verb, job=job: verb(job),
            [acquire, lambda job: transitions.cancel(job.pk, now=NOW, reason="")],
        )
        started, answer = answers
        job.refresh_from_db()
        assert answer.done
        assert job.state == (State.CANCELLED if started is None else State.RUNNING)
        assert (job.cancel_requested_at is None) == (started is None)
        assert ("was asked to stop; it is running since" in answer.why) == (started is not None)
        assert Attempt.objects.filter(job=job).count() == (0 if started is None else 1)


EDITS = {
    "another time": lambda job: transitions.reschedule(job.pk, run_at=NOW + timedelta(hours=1), now=NOW),
    "another name": lambda job: transitions.edit(job.pk, {"name": "edited"}, now=NOW),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_against_acquire_has_one_winner(edit):
    for job in rows(20):
        started, answer = at_once(lambda verb, job=job: verb(job), [acquire, EDITS[edit]])
        job.refresh_from_db()
        assert (started is not None) != answer.done
        assert job.version == (2 if answer.done else 1)


def test_finish_against_interrupt_has_one_winner():
    for job in rows(20):
        session = uuid.uuid4()
        started = starts.acquire(
            job.pk,
            1,
            worker=WorkerIdentity("w@test", session),
            token=uuid.uuid4(),
            now=NOW,
            due_before=NOW + timedelta(hours=1),
        )
        finished, interrupted = at_once(
            lambda act: act(),
            [
                lambda started=started: finish(started),
                lambda session=session: transitions.interrupt([session], now=NOW, reason="gone"),
            ],
        )
        job.refresh_from_db()
        attempt = Attempt.objects.get(job=job)
        assert finished != bool(interrupted)
        assert job.state == attempt.outcome == (State.COMPLETED if finished else State.INTERRUPTED)


def test_finish_and_interrupt_take_their_locks_in_one_order():
    """The job before its attempt, both: two orders would be a deadlock, and the end of a job would be lost in it."""
    (job,) = rows(1)
    session, ends = uuid.uuid4(), []
    worker = WorkerIdentity("w@test", session)
    started = starts.acquire(job.pk, 1, worker=worker, token=uuid.uuid4(), now=NOW, due_before=LATER)

    def pause_before_the_ledger(execute, sql, params, many, context):
        if sql.startswith('UPDATE "jobs_attempt"'):
            ends.append(beside(lambda: finish(started)))
            wait_for_its_lock(ends[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(pause_before_the_ledger):
        assert transitions.interrupt([session], now=NOW, reason="gone") == 1
    (ending,) = ends
    assert not ending.result(PATIENCE)


def test_of_many_beats_one_leads():
    leaders = [Leader(f"beat-{n}") for n in range(4)]
    hold_on = threading.Barrier(len(leaders))

    def run(leader):
        led = leader.lead(NOW)
        hold_on.wait(10)
        leader.step_down()
        return led

    assert sum(at_once(run, leaders)) == 1


def test_a_message_that_meets_an_open_edit_acquires_nothing_and_does_not_wait():
    """The edit bumps the version, so its own message starts the job."""
    (job,) = rows(1)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        assert at_once(acquire, [job]) == [None]
    assert acquire(job) is not None


def test_a_commit_that_is_still_under_way_is_neither_taken_for_lost_nor_for_done():
    """The connection broke after COMMIT was sent; the server has not decided yet when the worker asks."""
    (job,) = rows(1)
    token = uuid.uuid4()

    def ask(_):
        return transitions.acquired_by(job.pk, token, client="w@test")

    with transaction.atomic():
        worker = WorkerIdentity("w@test", uuid.uuid4())
        started = starts.acquire(job.pk, 1, worker=worker, token=token, now=NOW, due_before=NOW + timedelta(hours=1))
        with pytest.raises(OperationalError, match="lock"):
            at_once(ask, [None])
    assert at_once(ask, [None]) == [started._replace(read_at=None)]
