"""Each attempt has one line at its end, by whoever has declared that, when it is committed; and no other at INFO."""

import re
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from jobs import targets, transitions
from jobs.clock import clock
from jobs.events import subscribe
from jobs.events.attempts import AttemptAcquired, AttemptCompleted, AttemptEnded
from jobs.events.worker.record import EndCameTooLate
from jobs.models import Attempt, Job, Kind, Worker
from jobs.scheduler.rescue import rescue
from jobs.states import State
from jobs.transitions import Ended, WorkerIdentity
from jobs.transitions.limits import overtaken, pausing
from jobs.transitions.limits.names import Name
from jobs.worker.record import database_retry
from jobs.worker.record.recorder import Recorder, record
from tests import starts
from tests.worker.arm.conftest import worker
from tests.worker.arm.steps import ended, wait_for
from tests.worker.runner.conftest import body
from tests.worker.runner.steps import job, run

__all__ = ["body", "worker"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = WorkerIdentity("w1@test", uuid.uuid4())
MS = r"\d+\.\d{3} ms"


def acquired(target="demo.noop", **fields):
    now = clock.now()
    one = Job.objects.create(target=target, payload={}, run_at=now, **fields)
    due_before = now + timedelta(seconds=1)
    return starts.acquire(one.pk, 1, worker=WORKER, token=uuid.uuid4(), now=now, due_before=due_before)


def fails():
    raise KeyError("missing")


def refuses():
    raise targets.TargetFailed("the shop is closed")


def is_cut_off():
    raise targets.OutcomeUnknown("the line was cut")


def test_a_start_is_told_once_it_is_on_its_way_and_its_end_once_it_is_recorded(worker, monkeypatch):
    told, w, jobs = [], worker(), [job(), job()]
    given = w.slots.give
    monkeypatch.setattr(w.slots, "give", lambda armed: (told.append(armed), given(armed)))
    end = subscribe(told.append)
    w.deliver(*jobs)
    wait_for(lambda: ended(*jobs))
    w.stop()
    end()
    starts_told = [one for one in told if isinstance(one, AttemptAcquired)]
    assert {(one.job_id, one.attempt, one.target, one.worker) for one in starts_told} == {
        (one.pk, 1, "demo.noop", "w1@test") for one in jobs
    }
    assert len(starts_told) == 2
    for one in starts_told:
        (on_its_way,) = (
            at
            for at, other in enumerate(told)
            if getattr(other, "started", None) and other.started.job_id == one.job_id
        )
        assert on_its_way < told.index(one)
    assert sorted(one.job_id for one in told if isinstance(one, AttemptCompleted)) == [one.pk for one in jobs]


@pytest.mark.parametrize(
    ("function", "level", "outcome", "why"),
    [
        (lambda: None, "INFO", "completed", ""),
        (fails, "WARNING", "failed", ": KeyError: 'missing'"),
        (refuses, "WARNING", "failed", ": the shop is closed"),
        (is_cut_off, "WARNING", "interrupted", ": the line was cut"),
    ],
)
def test_a_body_that_ended_has_one_line_with_its_times(body, lines, function, level, outcome, why):  # noqa: PLR0917
    one = run(job(target=body(function)))
    ((record,), (text,)) = lines.of("jobs.attempts"), lines.texts()
    line = rf"job {one.pk} \(test\.body\): attempt 1 {outcome}, delay {MS}, duration {MS}{re.escape(why)}"
    assert record.levelname == level
    assert re.fullmatch(line, text)
    assert bool(record.stack_info) == (function is fails), "what nobody has expected has its story below"
    assert not [other for other in lines.records if other is not record], "and nothing else is said"


def test_the_times_are_those_of_the_ledger(lines):
    started, at = acquired(), clock.now()
    record([Ended(started, State.COMPLETED, started.run_at + timedelta(seconds=0.25), at + timedelta(seconds=2))])
    (line,) = lines.records
    assert line.args["delay"] == 0.25
    row = Attempt.objects.get()
    assert line.args["duration"] == (row.finished_at - row.started_at).total_seconds()


def test_one_that_was_not_entered_has_no_times(lines):
    started = acquired()
    record([Ended(started, State.FAILED, None, clock.now(), "It had been asked to stop")])
    what = f"job {started.job_id} (demo.noop): attempt 1 failed, delay unknown, duration unknown"
    assert lines.texts() == [f"{what}: It had been asked to stop"]


def test_it_is_told_by_the_recorder_s_thread_when_the_end_is_committed():
    """Not in the slot, where the next job would wait for the log."""
    started, seen = acquired(), []

    def look(event):
        if isinstance(event, AttemptEnded):
            outcome = Attempt.objects.get().outcome
            seen.append((type(event), threading.current_thread().name, connection.in_atomic_block, outcome))

    end, recorder = subscribe(look), Recorder()
    try:
        recorder.put(Ended(started, State.COMPLETED, at := clock.now(), at))
        recorder.start()
        recorder.finish()
    finally:
        end()
    assert seen == [(AttemptCompleted, "recorder", False, State.COMPLETED)]


def test_it_is_told_once_though_the_answer_to_its_commit_was_lost(lines, monkeypatch):
    monkeypatch.setattr(database_retry, "PAUSES", (0.0,))
    finish, lost = transitions.finish, []

    def loses_the_answer(endings):
        unheld = finish(endings)
        if not lost:
            lost.append(1)
            raise OperationalError("the connection is gone")
        return unheld

    monkeypatch.setattr(transitions, "finish", loses_the_answer)
    started = acquired()
    record([Ended(started, State.COMPLETED, at := clock.now(), at)])
    assert len(lines.texts()) == 1


def test_an_end_that_cannot_be_recorded_is_told_as_what_became_of_it(lines):
    started = acquired()
    record([Ended(started, State.COMPLETED, None, clock.now())])  # breaks a CHECK
    (text,) = lines.texts()
    assert "attempt 1 interrupted" in text
    assert "Its end could not be recorded" in text


def test_what_a_lost_worker_had_started_is_told_by_the_rescue_and_not_again_by_the_worker(lines):
    now = clock.now()
    started = acquired()
    again = acquired(rerunnable=True, max_attempts=2)
    Worker.objects.create(
        name="w1@test", session=WORKER.session, pid=1, pool="thread", slots=5, heartbeat_at=now - timedelta(seconds=60)
    )
    patience = timedelta(seconds=20)
    assert rescue(now=now, patience=patience, watching_since=now - timedelta(hours=1)) == 2
    first, second = sorted(lines.texts())
    assert re.match(rf"job {started.job_id} .*attempt 1 interrupted, delay unknown, .*: The worker vanished", first)
    assert re.match(rf"job {again.job_id} .*attempt 1 interrupted", second)
    record([Ended(started, State.COMPLETED, now, now)])
    assert len(lines.texts()) == 2
    assert f"job {started.job_id}: attempt 1 ended after it was settled; its end is in the ledger" in lines.texts(
        "jobs.worker.record"
    )
    assert rescue(now=now, patience=patience, watching_since=now - timedelta(hours=1)) == 0
    assert len(lines.texts()) == 2


def test_nothing_is_told_of_a_rescue_that_is_rolled_back(lines):
    acquired()
    with transaction.atomic():
        assert transitions.interrupt([WORKER.session], now=clock.now(), reason="Its process died") == 1
        transaction.set_rollback(True)
    assert lines.texts() == []


def test_a_start_that_a_pause_has_overtaken_is_told_once(lines):
    started = acquired()
    pausing.pause(Name(Kind.QUEUE, "default"), now=clock.now(), reason="the server moves")
    for _ in range(2):
        assert overtaken.is_over(started, now=clock.now())
    (text,) = lines.texts()
    assert "attempt 1 interrupted, delay unknown, duration unknown: It was paused before its body was entered." in text


def test_an_end_that_came_too_late_is_an_event_of_its_own():
    heard = []
    started = acquired()
    transitions.interrupt([WORKER.session], now=clock.now(), reason="Its worker vanished")
    end = subscribe(heard.append)
    record([Ended(started, State.COMPLETED, at := clock.now(), at)])
    end()
    assert heard == [EndCameTooLate(started.job_id, 1)]
