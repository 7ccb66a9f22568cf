"""The thread of a worker that looks whose turn is next."""

import threading

import pytest
from django.db import OperationalError

from jobs.models import Job, Kind
from jobs.states import Hold, State
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import Name
from jobs.worker.record import promoting
from jobs.worker.record.promoting import GIVE_UP, Promoting
from tests.concurrency.steps import acquire, finish, rows

PATIENCE = 30  # seconds
PAY, SHIP = Name(Kind.KEY, "pay"), Name(Kind.KEY, "ship")


@pytest.fixture
def thread():
    made = Promoting()
    made.start()
    yield made
    made.stop(PATIENCE)


@pytest.fixture
def looks(monkeypatch):
    """What the thread looks at, and `looks.answer`, what it finds: limits to look at again."""

    class Looks(list):
        answer = staticmethod(lambda names: set())
        enough = threading.Semaphore(0)

        def wait(self, number):
            for _ in range(number):
                assert self.enough.acquire(timeout=PATIENCE)

    found = Looks()
    Looks.enough = threading.Semaphore(0)

    def promote(names, **more):
        found.append(set(names))
        found.enough.release()
        return found.answer(set(names))

    monkeypatch.setattr(promotion, "promote", promote)
    monkeypatch.setattr(promoting, "LAST_PAUSE", 0.005)
    return found


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_has_its_turn_when_a_place_is_free(thread, monkeypatch):
    first, second = rows(2, key="pay")
    started = acquire(first)
    assert acquire(second) is None
    monkeypatch.setattr("jobs.publishing.late_publisher._publish", lambda late: None)
    finish(started)
    thread.stop(PATIENCE)
    assert Job.objects.get(pk=second.pk).holds == 0


@pytest.mark.django_db(transaction=True)
def test_when_it_has_stopped_whoever_commits_looks_himself(thread, monkeypatch):
    monkeypatch.setattr("jobs.publishing.late_publisher._publish", lambda late: None)
    thread.stop(PATIENCE)
    first, second = rows(2, key="pay")
    started = acquire(first)
    acquire(second)
    assert Job.objects.get(pk=second.pk).holds == Hold.KEY
    finish(started)
    assert Job.objects.get(pk=second.pk).holds == 0
    assert Job.objects.get(pk=first.pk).state == State.COMPLETED


def test_it_looks_again_where_somebody_else_decides_and_gives_up_in_the_end(looks, thread):
    looks.answer = lambda names: names
    thread.put({PAY})
    looks.wait(GIVE_UP + 1)
    thread.stop(PATIENCE)
    assert looks == [{PAY}] * (GIVE_UP + 1), "then it is the leader's"


def test_another_limit_does_not_wait_for_that(looks, thread, monkeypatch):
    monkeypatch.setattr(promoting, "FIRST_PAUSE", PATIENCE)
    monkeypatch.setattr(promoting, "LAST_PAUSE", PATIENCE)
    looks.answer = lambda names: names & {PAY} if len(looks) == 1 else set()
    thread.put({PAY})
    looks.wait(1)
    thread.put({SHIP})
    looks.wait(1)
    assert SHIP in looks[1]


def test_the_database_s_errors_are_waited_for_and_ours_are_the_leader_s(looks, thread, caplog):
    errors = [OperationalError("the server is gone"), ZeroDivisionError("ours"), None]

    def answer(names):
        if error := errors.pop(0):
            raise error
        return set()

    looks.answer = answer
    thread.put({PAY})
    looks.wait(2)
    thread.put({SHIP})
    looks.wait(1)
    assert [set(names) for names in looks] == [{PAY}, {PAY}, {SHIP}]
    assert "trying again" in caplog.text
    assert "the leader looks again" in caplog.text
