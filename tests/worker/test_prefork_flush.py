"""What Celery's own pool of processes forgets when the broker is lost, and what our slots keep."""

import os
import time
from types import SimpleNamespace

import pytest
from celery import current_app
from celery.concurrency.prefork import TaskPool
from kombu.asynchronous import Hub, get_event_loop, set_event_loop

from jobs.clock import clock
from jobs.transitions import Started
from jobs.worker.record.recorder import Recorder
from jobs.worker.run import runner
from jobs.worker.run.prefork_slots import PreforkSlots

WITHIN = 20.0


def run_slowly(armed):
    """In the child."""
    time.sleep(0.2)
    return armed.started.job_id, os.getpid()


@pytest.fixture
def ended(monkeypatch):
    monkeypatch.setattr(runner, "run_in_child", run_slowly)
    return []


@pytest.fixture
def slots(ended, monkeypatch):
    before, hub = get_event_loop(), Hub()
    set_event_loop(hub)
    app = current_app._get_current_object()
    pool = TaskPool(2, app=app, initargs=(app, "test"), threads=False, putlocks=False)
    pool.start()
    pool.register_with_event_loop(hub)
    recorder = Recorder()
    monkeypatch.setattr(recorder, "put", ended.append)
    slots = PreforkSlots(pool, hub, lambda: 2, recorder, lambda job_id, why: ended.append((job_id, why)))
    yield slots
    pool.stop()
    hub.close()
    set_event_loop(before)


def armed(job_id):
    now = clock.now()
    return SimpleNamespace(started=Started(job_id, 1, "t", {}, now, now, None))


def turn(slots, done):
    """Let the event loop run until that is so."""
    loop, until = slots._hub.create_loop(), time.monotonic() + WITHIN
    while not done():
        assert time.monotonic() < until, "the event loop has not come to it"
        next(loop)


def lose_the_broker(slots):
    """As Celery does: its event loop ends, its pool forgets, a new event loop begins."""
    slots._hub.reset()
    slots.keep_through(slots._pool.flush)
    slots._pool.register_with_event_loop(slots._hub)


def give(slots, *job_ids):
    slots.reserve(len(job_ids))
    for job_id in job_ids:
        slots.give(armed(job_id))
    slots._hand_over()


def test_a_start_that_no_child_has_begun_to_read_runs_all_the_same_and_once(slots, ended):
    give(slots, 1, 2)
    assert len(slots._pool._pool.outbound_buffer) == 2
    lose_the_broker(slots)
    turn(slots, lambda: slots.taken == 0)
    assert sorted(job_id for job_id, _ in ended) == [1, 2]


def test_a_start_that_a_child_is_reading_is_heard_of_at_its_end(slots, ended):
    give(slots, 1)
    turn(slots, lambda: not slots._pool._pool.outbound_buffer)
    (given,) = slots._pooled.values()
    assert given.child is None, "it has not said yet that it has it"
    lose_the_broker(slots)
    turn(slots, lambda: slots.taken == 0)
    assert [job_id for job_id, _ in ended] == [1]


def test_a_body_that_runs_is_heard_of_at_its_end(slots, ended):
    give(slots, 1)
    (given,) = slots._pooled.values()
    turn(slots, lambda: given.child is not None)
    lose_the_broker(slots)
    turn(slots, lambda: slots.taken == 0)
    assert ended == [(1, given.child)]
