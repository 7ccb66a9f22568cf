"""What many slots have to ask at a time, one asks for all, and leaves no connection behind."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from jobs.clock import clock, steady
from jobs.models import Job, Worker
from jobs.transitions import Started
from jobs.worker.process import heartbeat
from jobs.worker.run import runner
from jobs.worker.run.runner import Armed
from jobs.worker.run.together import Together
from tests.worker.arm.steps import wait_for

SESSION = uuid.uuid4()


@pytest.fixture
def slots():
    with ThreadPoolExecutor(5) as slots:
        yield slots


def test_those_that_come_while_one_asks_are_answered_together_and_asked_after_they_came(slots):
    rounds, go_on = [], threading.Event()

    def ask(questions):
        rounds.append(questions)
        assert go_on.wait(15)
        return {one: -one for one in questions}

    together = Together(ask)
    answers = [slots.submit(together.ask, 1)]
    wait_for(lambda: rounds)
    for others in (1, 2, 3):
        answers.append(slots.submit(together.ask, 1 + others))
        wait_for(lambda: len(together._waiting) == others)  # noqa: B023 - called at once
    go_on.set()
    assert [answer.result() for answer in answers] == [-1, -2, -3, -4]
    assert rounds == [[1], [2, 3, 4]]


def test_an_error_is_each_ones_and_the_next_is_answered():
    failures = [OSError("away")]

    def ask(questions):
        if failures:
            raise failures.pop()
        return dict.fromkeys(questions, "fine")

    together = Together(ask)
    with pytest.raises(OSError, match="away"):
        together.ask(1)
    assert together.ask(1) == "fine"


@pytest.mark.django_db(transaction=True)
def test_slots_that_have_overslept_open_no_connection_of_their_own_for_good(slots, monkeypatch):
    Worker.objects.create(session=SESSION, name="w@test", pid=1, pool="thread", slots=5)
    now, all_here = clock.now(), threading.Barrier(5)
    renew, asking = heartbeat.renew, []

    def counted(session):
        asking.append(1)
        assert len(asking) == 1, "one asks at a time"
        try:
            return renew(session)
        finally:
            asking.pop()

    monkeypatch.setattr(heartbeat, "renew", counted)
    monkeypatch.setattr(Job.objects, "which_paused", lambda starts: dict.fromkeys(starts, False), raising=False)

    def slot(number):
        all_here.wait(15)
        started = Started(number, 1, "demo.noop", {}, now, now, None)
        ended = runner.run(Armed(started, SESSION, steady() - 3600, clock.reading))
        return ended.outcome.label, [one.alias for one in connections.all(initialized_only=True) if one.connection]

    assert list(slots.map(slot, range(5))) == [("completed", [])] * 5
