"""What a worker's threads do once they have done before the first job."""

import threading
import uuid
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended
from jobs.worker.process import warming
from jobs.worker.record.promoting import Promoting
from tests.worker.arm.steps import WORKER, Worker, ended, job, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def counting_connections():
    opened = []

    def count(**signal):
        opened.append(threading.current_thread().name)

    connection_created.connect(count)
    yield opened
    connection_created.disconnect(count)


def test_no_thread_opens_its_connection_at_the_first_job():
    with counting_connections() as opened:
        worker, promoting = Worker(slots=3), Promoting()
        promoting.start()
        warming.wait([promoting.warmed])
        threads = {"arming", "limits", "promoting", "recorder"}
        assert sorted(opened) == sorted(threads)
        opened.clear()
        plain, limited = job(0.2), job(0.2, key="one")
        worker.deliver(plain, limited)
        wait_for(lambda: ended(plain, limited))
        worker.stop()
        promoting.stop(30)
        assert not threads & set(opened), "a slot's opens when its body asks"


def statements(act):
    seen = set()

    def note(execute, sql, *rest):
        seen.add(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        act()
    return seen


def test_a_start_and_an_end_have_no_statement_that_was_not_rehearsed():
    now = clock.now()
    rehearsed = statements(lambda: transitions.rehearse_start(now=now))
    rehearsed |= statements(lambda: transitions.rehearse_end(now=now))
    wanted = AcquireRequest(job(0).pk, 1, uuid.uuid4())
    found = []
    later = now + timedelta(minutes=1)
    real = statements(
        lambda: found.extend(transitions.acquire([wanted], worker=WORKER, now=later, due_before=later).started)
    )
    real |= statements(lambda: transitions.finish([Ended(found[0], State.COMPLETED, later, later)]))
    assert any("INSERT INTO jobs_attempt" in sql for sql in real)
    assert real <= rehearsed


@pytest.mark.parametrize("sharing", [False, True])
def test_a_rehearsal_leaves_nothing_behind(sharing):
    now = clock.now()
    transitions.rehearse_start(now=now, sharing=sharing)
    transitions.rehearse_end(now=now)
    transitions.rehearse_promotion(now=now)
    assert [model.objects.count() for model in (Job, Attempt, WorkerLog)] == [0, 0, 0]


def test_a_worker_starts_without_a_database(caplog):
    def away():
        raise OperationalError("connection refused")

    warming.warm(away)
    assert "connection refused" in caplog.text


def test_a_worker_waits_for_no_thread_for_ever(monkeypatch):
    monkeypatch.setattr(warming, "WITHIN", 0.01)
    warming.wait([Event(), Event()])
