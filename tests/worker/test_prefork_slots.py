"""Children of a pool that are killed: at their deadline, or since somebody wants their job to stop."""

import signal
import subprocess
from datetime import timedelta
from types import SimpleNamespace

import pytest

from jobs.clock import clock, steady
from jobs.states import State
from jobs.transitions import Ended, Started
from jobs.worker.record.recorder import Recorder
from jobs.worker.run.prefork_slots import KILL_AFTER, PreforkSlots
from jobs.worker.run.runner import Armed
from tests.worker.celery_doubles import Hub


class Case:
    def __init__(self, recorder, deadline=None):
        self.ended, self.lost = recorder.ended, []
        self.hub = Hub()
        self.pool = self.hub.pool
        lost = lambda job_id, why: self.lost.append((job_id, why))  # noqa: E731
        self.slots = PreforkSlots(self.pool, self.hub, lambda: 2, recorder, lost)
        now = clock.now()
        ends_by = now + timedelta(seconds=deadline) if deadline else None
        self.started = Started(7, 2, "t", {}, now, now, None, deadline, ends_by)
        self.slots.reserve(1)
        self.slots.give(Armed(self.started, None, steady(), clock.reading))
        self.hub.run()
        self.child = subprocess.Popen(["sleep", "60"])

    def accept(self):
        self.pool.callback("accept_callback", self.child.pid, 0.0)

    def is_killed(self):
        return self.child.wait(10) == -signal.SIGKILL


@pytest.fixture
def case(monkeypatch):
    cases = []
    recorder = Recorder()
    recorder.ended = []
    monkeypatch.setattr(recorder, "put", recorder.ended.append)

    def make(**more):
        cases.append(Case(recorder, **more))
        return cases[-1]

    yield make
    for case in cases:
        case.child.kill()
        case.child.wait()


LOST = SimpleNamespace(exception=MemoryError("killed"))


def test_at_its_deadline_it_is_killed_and_its_job_has_failed(case):
    case = case(deadline=30)
    case.accept()
    ((seconds, late),) = case.hub.later
    assert seconds == pytest.approx(30 + KILL_AFTER, abs=1)
    late()
    assert case.is_killed()
    (ended,) = case.ended
    assert (ended.outcome, ended.execute_at, ended.kinds) == (State.FAILED, None, ("failure", "deadline"))
    assert ended.error == "Its deadline of 30 s passed; its process was killed"
    assert case.slots.free == 2, "its slot is free at once"
    case.pool.callback("error_callback", LOST)
    assert (case.slots.free, case.lost, len(case.ended)) == (2, [], 1), "and only once"


def test_without_a_deadline_there_is_no_timer(case):
    assert case().hub.later == []


def test_its_timer_goes_with_its_end(case):
    case = case(deadline=30)
    case.accept()
    case.pool.callback("callback", None)
    assert case.hub.entries[0].cancelled
    case.hub.later[0][1]()
    assert case.child.poll() is None, "a child that has ended its job may have another"


def test_who_is_to_stop_is_killed(case):
    case = case()
    case.accept()
    assert case.slots.job_ids() == [7]
    case.slots.stop(7, 2, "Cancelled while running by ada: not needed")
    assert not case.ended, "only the event loop may talk to the pool"
    case.hub.run()
    assert case.is_killed()
    (ended,) = case.ended
    assert (ended.outcome, ended.kinds) == (State.FAILED, ("cancelled",))
    assert ended.error == (
        "Cancelled while running by ada: not needed. Its process was killed: what it has done is not known."
    )
    assert case.slots.job_ids() == []


def test_another_start_of_the_job_is_not_meant(case):
    case = case()
    case.accept()
    case.slots.stop(7, 1, "why")
    case.hub.run()
    assert (case.ended, case.child.poll()) == ([], None)


def test_what_no_child_has_taken_yet_is_killed_when_one_has(case):
    case = case()
    case.slots.stop(7, 2, "why")
    case.hub.run()
    assert case.ended == []
    case.accept()
    case.hub.later[0][1]()
    assert case.is_killed()


def test_an_end_that_was_on_its_way_is_told_once(case):
    """The child had ended just before it was killed: what was recorded first stays."""
    case = case()
    case.accept()
    case.slots.stop(7, 2, "why")
    case.hub.run()
    case.pool.callback("callback", Ended(case.started, State.COMPLETED, clock.now(), clock.now()))
    assert [ended.outcome for ended in case.ended] == [State.FAILED]
    assert case.slots.free == 2
