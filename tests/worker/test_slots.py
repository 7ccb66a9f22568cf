"""Slots: reserved before a row is taken, free again when the body has ended, whichever way."""

import signal
import subprocess
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from queue import SimpleQueue
from types import SimpleNamespace

import pytest

from jobs.clock import clock
from jobs.states import State
from jobs.transitions import Started
from jobs.worker.process import tuning
from jobs.worker.process.capacity import Capacity
from jobs.worker.record.recorder import Recorder
from jobs.worker.run import runner
from jobs.worker.run.prefork_slots import PreforkSlots
from jobs.worker.run.slots import CROWD, TOO_LATE, ThreadSlots
from tests.worker.celery_doubles import Hub, Pool

ARMED = SimpleNamespace(started=Started(7, 1, "t", {}, (at := clock.now()), at, None))


@pytest.fixture
def recorder(monkeypatch):
    recorder = Recorder()
    recorder.ended = []
    monkeypatch.setattr(recorder, "put", recorder.ended.append)
    return recorder


@pytest.fixture
def executor():
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_all_threads_are_there_before_the_first_job(monkeypatch, recorder, executor):
    ready = []
    monkeypatch.setattr(tuning, "tune_slot_thread", lambda: ready.append(threading.get_ident()))
    ThreadSlots(executor, lambda: 2, recorder).start()
    assert len(set(ready)) == 2


def test_a_pool_with_fewer_threads_than_it_says_starts_all_the_same(monkeypatch, recorder, executor):
    monkeypatch.setattr("jobs.worker.run.slots.READY_WITHIN", 0.2)
    three = ThreadSlots(executor, lambda: 3, recorder)
    three.start()
    assert three.free == 3


def test_a_body_on_a_thread_gives_its_slot_back(monkeypatch, recorder, executor):
    freed = threading.Event()
    slots = ThreadSlots(executor, lambda: 2, recorder)
    slots.on_free = freed.set
    monkeypatch.setattr(runner, "run_in_slot", lambda armed: "its end")
    slots.reserve(1)
    assert (slots.free, slots.taken) == (1, 1)
    slots.give(ARMED)
    assert freed.wait(10)
    assert (slots.free, recorder.ended) == (2, ["its end"])


def test_a_body_that_was_settled_without_us_leaves_nothing_to_record(monkeypatch, recorder, executor):
    slots = ThreadSlots(executor, lambda: 2, recorder)
    monkeypatch.setattr(runner, "run_in_slot", lambda armed: None)
    slots.reserve(1)
    slots.give(ARMED)
    executor.shutdown()
    assert (slots.free, recorder.ended) == (2, [])


def test_a_slot_comes_back_even_if_we_fail(monkeypatch, recorder, executor):
    slots = ThreadSlots(executor, lambda: 2, recorder)
    monkeypatch.setattr(runner, "run_in_slot", lambda armed: 1 / 0)
    slots.reserve(1)
    slots.give(ARMED)
    executor.shutdown()
    assert slots.free == 2


@pytest.fixture
def ran(monkeypatch):
    ran = SimpleQueue()
    monkeypatch.setattr(runner, "run_in_slot", lambda armed: ran.put(armed) or "its end")
    return ran


def test_what_no_thread_has_picked_up_runs_all_the_same_when_the_pool_stops(ran, recorder):
    go_on = threading.Event()
    executor = ThreadPoolExecutor(1)
    executor.submit(go_on.wait, 15)  # a task of Celery's own
    slots = ThreadSlots(executor, lambda: 1, recorder)
    slots.reserve(1)
    slots.give(ARMED)
    executor.shutdown(cancel_futures=True, wait=False)
    assert ran.get(timeout=10) is ARMED
    slots.finish()
    assert (slots.taken, recorder.ended) == (0, ["its end"])
    go_on.set()


def test_what_comes_when_the_pool_has_stopped_runs_all_the_same(ran, recorder):
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    slots = ThreadSlots(executor, lambda: 1, recorder)
    slots.reserve(1)
    slots.give(ARMED)
    assert ran.get(timeout=10) is ARMED
    slots.finish()
    assert (slots.taken, recorder.ended) == (0, ["its end"])


def test_a_pool_that_raises_and_keeps_what_it_was_given_runs_it_once(ran, recorder):
    """As when no thread can be made."""
    kept = []

    def submit(run):
        kept.append(run)
        raise RuntimeError("can't start new thread")

    slots = ThreadSlots(SimpleNamespace(submit=submit), lambda: 1, recorder)
    slots.reserve(1)
    slots.give(ARMED)
    kept.pop()()
    slots.finish()
    assert (ran.qsize(), slots.taken, recorder.ended) == (1, 0, ["its end"])


def test_where_no_thread_can_be_made_the_next_job_has_the_pool_asked_again(ran, recorder, monkeypatch):
    asked = []

    def submit(work):
        asked.append(work)
        if len(asked) < 3:
            raise RuntimeError("can't start new thread")
        return SimpleNamespace(add_done_callback=lambda callback: None)

    slots = ThreadSlots(SimpleNamespace(submit=submit), lambda: 2, recorder)
    slots.reserve(2)
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", submit)
        slots.give(ARMED)
    slots.give(ARMED)
    assert len(asked) == 3
    asked.pop()()
    assert (ran.qsize(), slots.taken) == (2, 0)


def test_a_job_that_has_a_slot_waits_for_no_others_body(monkeypatch, recorder):
    """All are in line before the first thread comes; each body here ends only when all of them run."""
    all_run, given = threading.Barrier(3), threading.Event()
    monkeypatch.setattr(runner, "run_in_slot", lambda armed: all_run.wait(15))
    with ThreadPoolExecutor(4) as executor:
        pool = SimpleNamespace(submit=lambda work: executor.submit(lambda: given.wait(15) and work()))
        slots = ThreadSlots(pool, lambda: 3, recorder)
        slots.reserve(3)
        for _ in range(3):
            slots.give(ARMED)
        given.set()
        slots.finish()
    assert (all_run.broken, slots.taken) == (False, 0)


def test_jobs_that_end_as_fast_as_they_begin_call_few_threads(ran, recorder):
    called = []

    def submit(work):
        called.append(work)
        return SimpleNamespace(add_done_callback=lambda callback: None)

    slots = ThreadSlots(SimpleNamespace(submit=submit), lambda: 50, recorder)
    slots.reserve(50)
    for _ in range(50):
        slots.give(ARMED)
    assert len(called) == 1
    called[0]()
    assert (ran.qsize(), len(called), slots.taken) == (50, 2, 0)


def test_while_a_crowd_is_late_threads_are_switched_less_often_and_then_as_before(monkeypatch, recorder):
    seen = []
    monkeypatch.setattr(runner, "run_in_slot", lambda armed: seen.append(tuning._crowd))
    late, early = (
        SimpleNamespace(started=Started(7, 1, "t", {}, due, due, None))
        for due in (clock.now() - timedelta(seconds=1), clock.now() + timedelta(hours=1))
    )
    for jobs in ([late] * (CROWD + 2), [early] * (CROWD + 2)):
        slots = ThreadSlots(SimpleNamespace(submit=lambda work: Future()), lambda: 20, recorder)
        slots.reserve(len(jobs))
        for one in jobs:
            slots.give(one)
        slots._work()
    assert seen == [True] * 2 + [False] * (CROWD + CROWD + 2)


def test_the_good_bye_waits_for_what_was_given_and_no_body_is_entered_after_it(ran, recorder, executor, monkeypatch):
    written = []
    monkeypatch.setattr("jobs.worker.run.slots.record", written.extend)
    slots = ThreadSlots(executor, lambda: 2, recorder)
    slots.reserve(2)
    slots.give(ARMED)
    slots.finish()
    assert recorder.ended == ["its end"]
    slots.give(ARMED)
    (end,) = written
    assert (end.outcome, end.error, ran.qsize(), slots.taken) == (State.INTERRUPTED, TOO_LATE, 1, 0)


@pytest.fixture
def pool():
    return Pool()


@pytest.fixture
def children(recorder, pool):
    hub = Hub(pool)
    slots = PreforkSlots(pool, hub, lambda: 2, recorder, lambda job_id, why: recorder.ended.append((job_id, why)))
    slots.reserve(1)
    slots.give(ARMED)
    assert not pool.given, "only the event loop may talk to the pool"
    hub.run()
    return slots


def test_a_child_returns_its_end(children, pool, recorder):
    ((args, callbacks),) = pool.given
    assert args == (ARMED,)
    callbacks["accept_callback"](1, 0.0)
    callbacks["callback"]("its end")
    assert (children.free, recorder.ended) == (2, ["its end"])


def test_a_child_that_died_is_told_of(children, pool, recorder):
    ((_, callbacks),) = pool.given
    callbacks["error_callback"](SimpleNamespace(exception=MemoryError("killed")))
    assert (children.free, recorder.ended) == (2, [(7, "Its process died after the start (MemoryError: killed)")])


def test_a_cold_stop_ends_the_children_that_have_a_job_and_says_so_once(children, pool, recorder):
    ((_, callbacks),) = pool.given
    child = subprocess.Popen(["sleep", "60"])
    callbacks["accept_callback"](child.pid, 0.0)
    children.cut_short()
    assert child.wait(10) == -signal.SIGTERM
    callbacks["error_callback"](SimpleNamespace(exception=MemoryError("killed")))
    assert recorder.ended == [(7, "Its process was told to stop after the start")]


def test_before_the_pool_stops_every_child_has_accepted(children, pool):
    children.reserve(1)
    children.give(ARMED)
    children._accepted((7, 1), 1)
    children.wait_until_picked_up()
    assert len(pool.given) == 2


def test_while_the_node_refuses_no_slot_is_free_however_many_are(recorder, executor):
    node = Capacity()
    slots = [
        ThreadSlots(executor, lambda: 2, recorder, node),
        PreforkSlots(None, None, lambda: 2, recorder, lambda job_id, why: None, capacity=node),
    ]
    assert [one.free for one in slots] == [2, 2]
    node.refusing = "full"
    assert [one.free for one in slots] == [0, 0]
