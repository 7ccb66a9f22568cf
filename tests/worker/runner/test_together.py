"""What many slots have to ask at a time, one asks for all, and leaves no connection behind."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

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
    assert [answer.result()[0] for answer in answers] == [-1, -2, -3, -4]
    assert rounds == [[1], [2, 3, 4]]


def test_an_answer_says_when_it_was_asked_for_however_late_it_is_heard(slots):
    asking, go_on = threading.Event(), threading.Event()

    def ask(questions):
        asking.set()
        assert go_on.wait(15)
        return dict.fromkeys(questions)

    before = steady()
    answer = slots.submit(Together(ask).ask, 1)
    assert asking.wait(15)
    meanwhile = steady()
    go_on.set()
    assert before <= answer.result()[1] <= meanwhile


def test_who_is_answered_waits_for_nobody(slots):
    """The turn goes on to the first of those that came meanwhile, not through all that have their answers."""
    rounds, go_on = [], [threading.Event(), threading.Event(), threading.Event()]

    def ask(questions):
        rounds.append(questions)
        assert go_on[len(rounds) - 1].wait(15)
        return dict.fromkeys(questions)

    together = Together(ask)
    first = slots.submit(together.ask, 1)
    wait_for(lambda: rounds)
    others = [slots.submit(together.ask, 2), slots.submit(together.ask, 3)]
    wait_for(lambda: len(together._waiting) == 2)
    go_on[0].set()
    first.result(15)
    wait_for(lambda: len(rounds) == 2)
    last = slots.submit(together.ask, 4)
    wait_for(lambda: together._waiting)
    go_on[1].set()
    for other in others:
        other.result(15)
    assert not last.done()
    go_on[2].set()
    last.result(15)
    assert [len(asked) for asked in rounds] == [1, 2, 1]
    assert not together._asking


def test_an_error_is_each_ones_and_the_next_is_answered():
    failures = [OSError("away")]

    def ask(questions):
        if failures:
            raise failures.pop()
        return dict.fromkeys(questions, "fine")

    together = Together(ask)
    with pytest.raises(OSError, match="away"):
        together.ask(1)
    assert together.ask(1)[0] == "fine"


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


def backend():
    """The process of the server behind this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def is_there(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid])
        return bool(cursor.fetchall())


def stopped_asking():
    """The backends that were asked, what lets the asking go on, and the asking."""
    pids, go_on = [], threading.Event()

    def ask(questions):
        pids.append(backend())
        assert go_on.wait(15)
        return dict.fromkeys(questions)

    return pids, go_on, ask


@pytest.mark.django_db(transaction=True)
def test_the_connection_goes_on_with_the_turn_and_is_closed_when_nobody_waits(slots):
    pids, go_on, ask = stopped_asking()

    def slot(number):
        together.ask(number)
        return [one.alias for one in connections.all(initialized_only=True) if one.connection]

    together = Together(ask)
    here = [slots.submit(slot, 1)]
    wait_for(lambda: pids)
    here.append(slots.submit(slot, 2))
    wait_for(lambda: together._waiting)
    go_on.set()
    assert [one.result(15) for one in here] == [[], []]
    assert len(pids) == 2
    assert len(set(pids)) == 1, "the second opened one of its own"
    wait_for(lambda: not is_there(pids[0]))


@pytest.mark.django_db(transaction=True)
def test_a_thread_with_a_connection_of_its_own_uses_that_and_hands_the_other_on(slots):
    pids, go_on, ask = stopped_asking()

    together = Together(ask)
    none = slots.submit(together.ask, 1)
    wait_for(lambda: pids)

    def own():
        mine = backend()
        together.ask(2)
        still = connection.connection is not None
        connection.close()
        return mine, still

    owner = slots.submit(own)
    wait_for(lambda: together._waiting)
    go_on.set()
    none.result(15)
    mine, still = owner.result(15)
    assert (pids[1], still) == (mine, True)
    wait_for(lambda: not is_there(pids[0]))
