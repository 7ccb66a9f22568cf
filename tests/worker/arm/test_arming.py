"""Taken together a lead ahead, each in its slot at its time: the arming of a worker on the real database."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import F

from jobs.clock import clock
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from jobs.worker.arm.handoff import MOST_HOPS
from jobs.worker.arm.waiting_jobs import Delivery, Waiting
from jobs.worker.record.recorder import Recorder
from tests.worker.arm.steps import ended, job, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_jobs_due_together_are_taken_in_one_transaction_ahead_of_their_time(worker):
    w = worker()
    run_at = clock.now() + timedelta(seconds=0.6)
    jobs = [job() for _ in range(5)]
    Job.objects.update(run_at=run_at)
    for one in jobs:
        one.run_at = run_at
    w.deliver(*jobs)
    wait_for(lambda: ended(*jobs))
    found = Job.objects.all()
    assert {one.state for one in found} == {State.COMPLETED}
    assert len({one.locked_at for one in found}) == 1
    assert all(one.locked_at < run_at <= one.execute_at for one in found)
    assert sorted(w.acknowledged) == [one.pk for one in jobs]
    assert Attempt.objects.count() == 5


def test_a_start_is_committed_and_only_then_given_to_its_slot_and_acknowledged(worker, monkeypatch):
    """Else a worker that dies in between has started a job that nobody knows of, or lost one."""
    w, due, seen = worker(), job(0), []

    def look(what):
        def state():
            seen.append((what, Job.objects.get().state))
            connections.close_all()

        thread = threading.Thread(target=state)  # on a connection of its own
        thread.start()
        thread.join()

    given = w.slots.give
    monkeypatch.setattr(w.slots, "give", lambda armed: (look("given"), given(armed)))
    message = Delivery(lambda: look("acknowledged"), lambda *handed: None)
    w.armer.add(Waiting(due.pk, due.version, 0.0, "default", 0, (message,)))
    wait_for(lambda: ended(due))
    assert sorted(seen) == [("acknowledged", State.RUNNING), ("given", State.RUNNING)]


def test_a_stale_message_takes_nothing_and_gives_its_slot_back(worker):
    w = worker(slots=1)
    stale, good = job(0), job(0)
    w.deliver(stale, version=7)
    w.deliver(good)
    wait_for(lambda: ended(good))
    stale.refresh_from_db()
    assert stale.state == State.PENDING
    assert sorted(w.acknowledged) == [stale.pk, good.pk]
    assert WorkerLog.objects.get().job_id == stale.pk


def test_without_a_free_slot_a_job_is_not_taken_but_passed_on(worker):
    w = worker(slots=1)
    long, other = job(0, "demo.sleep", seconds=1), job(0)
    w.deliver(long)
    wait_for(lambda: Job.objects.running().exists())
    w.deliver(other)
    wait_for(lambda: w.passed_on)
    assert [one.job_id for one in w.passed_on] == [other.pk]
    other.refresh_from_db()
    assert other.state == State.PENDING
    assert other.pk not in w.acknowledged, "the broker has to have it first"


def test_of_a_crowd_only_what_others_want_is_passed_on(worker):
    """All workers are likely to be full: what goes round takes their time."""
    w, wanted, asked = worker(slots=1), [], []
    w.armer._is_wanted = lambda queue: asked.append(queue) or bool(wanted)
    long, others = job(0, "demo.sleep", seconds=1.5), [job(0) for _ in range(4)]
    w.deliver(long)
    wait_for(lambda: Job.objects.running().exists())
    w.deliver(*others)
    wait_for(lambda: len(asked) > 2)
    assert (w.passed_on, set(asked)) == ([], {"default"})
    wanted.append(True)
    wait_for(lambda: len(w.passed_on) == 4)


def test_a_worker_that_refuses_hands_back_what_waits_and_what_comes_and_ends_what_runs(worker):
    w = worker(slots=2)
    running, waiting, due = job(0, "demo.sleep", seconds=0.5), job(60), job(0)
    w.deliver(running, waiting)
    wait_for(lambda: Job.objects.running().exists())
    w.capacity.refusing = "full"
    w.armer.wake()
    wait_for(lambda: w.handed_back == [waiting.pk])
    w.deliver(due, hops=MOST_HOPS)
    wait_for(lambda: w.handed_back == [waiting.pk, due.pk])
    wait_for(lambda: ended(running))
    assert (w.acknowledged, w.passed_on) == ([running.pk], [])
    assert {one.state for one in Job.objects.exclude(pk=running.pk)} == {State.PENDING}
    w.capacity.refusing = ""
    w.deliver(due)
    wait_for(lambda: ended(due))


def test_one_that_has_been_sent_around_waits_for_a_slot(worker):
    w = worker(slots=1)
    long, other = job(0, "demo.sleep", seconds=0.5), job(0)
    w.deliver(long)
    wait_for(lambda: Job.objects.running().exists())
    w.deliver(other, hops=MOST_HOPS)
    wait_for(lambda: ended(long, other))
    assert not w.passed_on
    long.refresh_from_db()
    other.refresh_from_db()
    assert other.execute_at >= long.execute_at + timedelta(seconds=0.5)


def test_a_worker_that_stops_takes_nothing_any_more(worker):
    w = worker()
    soon, later = job(0.3), job(30)
    w.deliver(soon, later)
    wait_for(lambda: Job.objects.running().exists() or ended(soon))
    w.stop()
    assert ended(soon), "what was taken is run and recorded"
    later.refresh_from_db()
    assert (later.state, w.armer.waiting) == (State.PENDING, 0)
    assert (w.acknowledged, w.handed_back) == ([soon.pk], [later.pk])


def test_a_worker_that_leaves_starts_what_is_due_soon_and_hands_back_the_rest(worker):
    w = worker()
    soon, later, coming, coming_later = job(1), job(60), job(1), job(60)
    w.deliver(soon, later)
    w.armer.leave(clock.timestamp() + 5)
    assert w.handed_back == [later.pk]
    w.deliver(coming, coming_later)
    assert w.handed_back == [later.pk, coming_later.pk]
    wait_for(lambda: ended(soon, coming))
    assert w.armer.waiting == 0
    assert not Job.objects.filter(execute_at__lt=F("run_at")).exists()


def test_a_worker_that_leaves_hands_back_what_is_put_off_for_longer(worker):
    w = worker()
    early = job(0)
    until = clock.timestamp() + 5
    w.armer.leave(until)
    waiting = w.waiting(early)
    waiting.run_at, waiting.limited, waiting.again_at = 0.0, True, until + 1
    w.armer._again(waiting)
    assert (w.handed_back, w.armer.waiting) == ([early.pk], 0)


def test_a_worker_that_leaves_hands_back_what_finds_no_slot(worker):
    w = worker(slots=1)
    running = job(0, "demo.sleep", seconds=1)
    w.deliver(running)
    wait_for(lambda: w.slots.free == 0)
    w.armer.leave(clock.timestamp() + 60)
    due = job(0)
    w.deliver(due)
    wait_for(lambda: w.handed_back == [due.pk])
    assert w.passed_on == []


def test_while_ends_pile_up_nothing_more_is_taken(worker, monkeypatch):
    crowded, looks = threading.Event(), []
    crowded.set()
    monkeypatch.setattr(Recorder, "crowded", property(lambda self: looks.append(1) or crowded.is_set()))
    w = worker()
    due = job(0)
    w.deliver(due)
    wait_for(lambda: len(looks) >= 3)  # it has come to the job, and again
    due.refresh_from_db()
    assert due.state == State.PENDING
    crowded.clear()
    wait_for(lambda: ended(due))
