"""Ends are written together, in the end all of them, and one that the database refuses holds up no other."""

import uuid
from datetime import timedelta
from queue import SimpleQueue

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended, WorkerIdentity
from jobs.worker.record import database_retry, recorder
from jobs.worker.record.recorder import Recorder
from tests import starts

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = WorkerIdentity("w1@test", uuid.uuid4())


@pytest.fixture
def ends():
    """Of three running jobs."""
    now = clock.now()
    jobs = Job.objects.bulk_create(Job(target="demo.noop", payload={}, run_at=now) for _ in range(3))
    wanted = [AcquireRequest(job.pk, 1, uuid.uuid4()) for job in jobs]
    started = starts.acquire_all(wanted, worker=WORKER, now=now, due_before=now + timedelta(seconds=1))
    later = now + timedelta(seconds=1)
    return [Ended(one, State.COMPLETED, later, later) for one in started]


def states():
    return list(Job.objects.order_by("pk").values_list("state", flat=True))


def written(*ends):
    writer = Recorder()
    for ended in ends:
        writer.put(ended)
    writer.start()
    writer.finish()


def test_what_ends_together_is_written_together(ends, monkeypatch):
    calls = []
    monkeypatch.setattr(recorder, "record", calls.append)
    written(*ends)
    assert calls == [ends]


@pytest.fixture
def batches(monkeypatch):
    """Its writer writes what comes within an hour together, unless it is woken sooner."""
    batches = SimpleQueue()
    monkeypatch.setattr(recorder, "record", batches.put)
    monkeypatch.setattr(recorder, "gather_until", lambda last: recorder.steady() + 3600)
    monkeypatch.setattr(recorder, "AT_A_TIME", 3)
    return batches


def test_what_fills_a_transaction_is_written_at_once(ends, batches):
    writer = Recorder()
    writer.start()
    for ended in ends:
        writer.put(ended)
    assert batches.get(timeout=15) == ends
    writer.finish()


def test_what_ends_while_others_are_gathered_wakes_nobody(ends, batches, monkeypatch):
    writer = Recorder()
    woken = []
    monkeypatch.setattr(writer._changed, "notify", lambda: woken.append(len(writer._ended)))
    for ended in [*ends, *ends]:
        writer.put(ended)
    assert woken == [1, 3]


def test_a_lone_end_is_not_left_to_the_next(ends, monkeypatch):
    batches = SimpleQueue()
    monkeypatch.setattr(recorder, "record", batches.put)
    writer = Recorder()
    writer.start()
    assert writer.warmed.wait(15)
    for ended in ends:
        writer.put(ended)
        assert batches.get(timeout=15) == [ended]
    writer.finish()


def test_all_is_written_before_it_stops(ends):
    written(*ends)
    assert states() == [State.COMPLETED] * 3
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {State.COMPLETED}


def test_it_writes_when_the_database_is_back(ends, monkeypatch):
    monkeypatch.setattr(database_retry, "PAUSES", (0.0,))
    monkeypatch.setattr(database_retry, "LONGEST_PAUSE", 0.0)
    monkeypatch.setattr(connection, "close", lambda: None)
    finish, failures = transitions.finish, [1] * 50

    def flaky(endings):
        if failures:
            failures.pop()
            raise OperationalError("the database system is starting up")
        return finish(endings)

    monkeypatch.setattr(transitions, "finish", flaky)
    recorder.record(ends)
    assert states() == [State.COMPLETED] * 3


def test_an_end_that_the_database_refuses_is_seen_and_holds_up_no_other(ends):
    bad = ends[1]._replace(execute_at=None)  # COMPLETED without a start breaks a CHECK
    recorder.record([ends[0], bad, ends[2]])
    assert states() == [State.COMPLETED, State.INTERRUPTED, State.COMPLETED]
    assert "could not be recorded" in Job.objects.get(state=State.INTERRUPTED).reason


def test_an_end_that_we_cannot_write_is_seen_and_holds_up_no_other(ends, monkeypatch):
    finish = transitions.finish

    def judging(endings):
        if ends[1] in endings:
            raise RuntimeError("ours")
        return finish(endings)

    monkeypatch.setattr(transitions, "finish", judging)
    recorder.record(ends)
    assert states() == [State.COMPLETED, State.INTERRUPTED, State.COMPLETED]
    assert "RuntimeError('ours')" in Job.objects.get(state=State.INTERRUPTED).reason


def test_an_error_of_ours_does_not_stop_the_recorder(ends, monkeypatch):
    record, raised = recorder.record, []

    def fails_once(batch):
        if not raised:
            raised.append(1)
            raise RuntimeError("ours")
        record(batch)

    monkeypatch.setattr(recorder, "record", fails_once)
    monkeypatch.setattr(recorder, "AT_A_TIME", 1)
    written(*ends)
    assert states() == [State.RUNNING, State.COMPLETED, State.COMPLETED]


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_whose_connection_is_closed_nothing_is_asked_again():
    asked = []

    def ask():
        asked.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def ask_without_a_connection():
        with transaction.atomic():
            connection.connection.close()
            database_retry.retry_until_answered(ask)

    with pytest.raises((DatabaseError, InterfaceError)):
        ask_without_a_connection()
    assert asked == [1]
