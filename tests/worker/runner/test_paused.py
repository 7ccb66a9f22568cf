"""No body is entered after a pause was answered, however slowly its row was taken and however late its thread wakes."""

import time
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import transitions
from jobs.clock import clock, steady
from jobs.models import Attempt, Job, Limit, Turn
from jobs.models.querysets import JobQuerySet
from jobs.states import State
from jobs.transitions.limits import overtaken
from jobs.transitions.limits.pausing import ANSWERED_AFTER
from jobs.worker.run import runner, together
from jobs.worker.run.runner import Armed
from tests import starts
from tests.conftest import NOW
from tests.worker.runner.steps import WORKER, job, run

pytestmark = pytest.mark.django_db
TOKEN = uuid.uuid4()
LATE = ANSWERED_AFTER + 0.05


def pause(**more):
    Limit.objects.create(**{"name": "default", **more}, paused_at=clock.now())


@pytest.fixture
def slow(monkeypatch):
    """The COMMIT that takes the row lasts longer than a pause does until its answer; `then` happens meanwhile."""

    def make(then):
        def armed(started, session, begun, *more):
            then()
            return Armed(started, session, begun - LATE, *more)

        monkeypatch.setattr("tests.worker.runner.steps.Armed", armed)

    return make


def never(body):
    return body(lambda: pytest.fail("it was entered"))


def test_what_was_taken_slowly_is_held_by_a_pause_that_came_meanwhile(body, slow):
    slow(pause)
    due = run(job(0.0, never(body)))
    assert (due.state, due.attempt, due.version) == (State.PENDING, 1, 2)
    start = Attempt.objects.get()
    assert (start.outcome, start.started_at) == (State.INTERRUPTED, None)
    assert start.error == due.reason == "It was paused before its body was entered."
    by = {"worker": WORKER, "token": TOKEN, "now": due.run_at, "due_before": due.run_at + timedelta(seconds=1)}
    assert starts.acquire(due.pk, due.version, **by) is None
    due.refresh_from_db()
    assert due.waited_for == "The queue 'default' was paused."


def test_a_pause_of_its_key_does_the_same_and_gives_its_place_back(body, slow):
    due = job(0.0, never(body))
    Job.objects.update(key="pay")
    started = starts.acquire(due.pk, 1, worker=WORKER, token=TOKEN, now=clock.now(), due_before=clock.now())
    assert started is not None
    assert Turn.objects.exists()
    pause(kind="key", name="pay")
    assert runner.run(Armed(started, WORKER.session, steady() - LATE, clock.reading)) is None
    assert not Turn.objects.exists()
    assert Job.objects.get().state == State.PENDING


def test_a_thread_that_wakes_late_does_not_enter_it(body, monkeypatch):
    wait = runner.wait_until

    def oversleep(due, spin):
        entered = wait(due, spin)
        pause()
        for module in (runner, together):
            monkeypatch.setattr(module, "steady", lambda: steady() + LATE)
        return entered

    monkeypatch.setattr(runner, "wait_until", oversleep)
    assert run(job(target=never(body))).state == State.PENDING


def test_what_is_taken_long_ahead_is_asked_for_again_before_its_time(body, settings):
    """With a lead that is longer than a pause waits."""
    settings.JOBS_ARM_LEAD = 2.0
    due = job(1.5, never(body))
    waits = []
    wait = runner.wait_until

    def first(until, spin):
        waits.append(due.run_at.timestamp() - until)
        pause()
        return wait(until, spin)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "wait_until", first)
        assert run(due).state == State.PENDING
    assert waits == [pytest.approx(ANSWERED_AFTER / 2)], "the instant itself was not waited for"


def test_one_that_was_asked_to_stop_is_cancelled(body, slow):
    due = job(0.0, never(body))

    def ask():
        transitions.cancel(due.pk, now=clock.now(), reason="")
        pause()

    slow(ask)
    assert run(due).state == State.CANCELLED
    assert due.reason == "It was paused before its body was entered, and it had been asked to stop."


def test_what_was_taken_slowly_starts_when_nothing_was_paused(body, slow):
    slow(lambda: pause(name="mail"))
    assert run(job(target=body(lambda: None))).state == State.COMPLETED


def test_one_that_was_settled_meanwhile_is_not_entered(body, slow):
    slow(lambda: Attempt.objects.count() and transitions.interrupt([WORKER.session], now=clock.now(), reason="gone"))
    assert run(job(target=never(body))).state == State.INTERRUPTED


def test_a_lost_answer_changes_nothing(body, slow):
    """Held, resumed, and asked about again: the job is another start's by then."""
    due = job()
    started = starts.acquire(due.pk, 1, worker=WORKER, token=TOKEN, now=NOW, due_before=clock.now())
    pause()
    assert overtaken.is_over(started, now=clock.now())
    Limit.objects.all().delete()
    assert overtaken.is_over(started, now=clock.now())


def test_one_that_is_settled_between_the_two_questions_stays_as_it_was_settled(body, monkeypatch):
    due = job()
    started = starts.acquire(due.pk, 1, worker=WORKER, token=TOKEN, now=NOW, due_before=clock.now())
    pause()
    ask = JobQuerySet.is_paused

    def settled_then(*args):
        answer = ask(*args)
        assert transitions.interrupt([WORKER.session], now=NOW, reason="gone") == 1
        return answer

    monkeypatch.setattr(JobQuerySet, "is_paused", settled_then)
    assert overtaken.is_over(started, now=clock.now())
    due.refresh_from_db()
    assert (due.state, due.reason) == (State.INTERRUPTED, f"gone (worker {WORKER.name})")


def test_a_start_whose_end_stands_in_the_ledger_already_is_not_interrupted_once_more(body):
    """By SQL: the job still says that it runs."""
    due = job()
    started = starts.acquire(due.pk, 1, worker=WORKER, token=TOKEN, now=NOW, due_before=clock.now())
    pause()
    Attempt.objects.update(outcome=State.FAILED, finished_at=NOW, error="by hand")
    assert overtaken.is_over(started, now=clock.now())
    due.refresh_from_db()
    assert (due.state, Attempt.objects.get().error) == (State.PENDING, "by hand")


def test_a_start_in_time_asks_nothing(body):
    due = job(0.0, body(lambda: None))
    started = starts.acquire(due.pk, 1, worker=WORKER, token=TOKEN, now=clock.now(), due_before=clock.now())
    armed = Armed(started, WORKER.session, steady(), clock.reading)
    with CaptureQueriesContext(connection) as asked:
        ended = runner.run(armed)
    assert ended is not None
    assert (len(asked) == 0) or steady() - armed.begun > ANSWERED_AFTER


def test_who_waits_long_for_its_turn_to_ask_does_not_ask_again_for_that(body, slow, monkeypatch):
    """Of many that a starved machine has kept, each waits for its turn: they would ask for ever, and fresh ones pass."""
    slow(lambda: None)
    asked = []
    ask = runner._pauses.ask

    def in_turn(start):
        asked.append(start)
        assert len(asked) < 3, "it asks again and again"
        time.sleep(LATE)
        return ask(start)

    monkeypatch.setattr(runner._pauses, "ask", in_turn)
    assert run(job(target=body(lambda: None))).state == State.COMPLETED
    assert len(asked) == 1


def test_who_hears_late_of_an_answer_asks_again(body, slow, monkeypatch):
    slow(lambda: None)
    ask = runner._pauses.ask

    def heard_late(start):
        answer, asked = ask(start)
        monkeypatch.setattr(runner._pauses, "ask", ask)
        pause()
        return answer, asked - LATE

    monkeypatch.setattr(runner._pauses, "ask", heard_late)
    assert run(job(target=never(body))).state == State.PENDING
