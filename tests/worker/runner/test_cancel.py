"""Somebody wants a job to stop that runs on a thread: its body learns of it, and how it ends is its own affair."""

import asyncio
import threading
import time

import pytest

from jobs import targets, transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.worker.run import asking, runner, running
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db

WHY = "Cancelled while running by a program: not needed"


class Slots:
    """Those of this process."""

    job_ids = staticmethod(running.ids)
    stop = staticmethod(running.ask_to_stop)


def ask(ctx):
    """A person asks, and the worker looks."""
    assert transitions.cancel(ctx.job_id, now=clock.now(), reason="not needed").done
    asking.stop_asked(Slots)


def test_a_body_that_looks_stops(body):
    seen = []

    def work(ctx: targets.Context):
        ctx.check()
        ask(ctx)
        seen.append(ctx.cancelled)
        ctx.check()

    done = run(job(target=body(work)))
    assert (done.state, done.reason) == (State.FAILED, WHY)
    assert done.execute_at is not None
    assert seen == [True]
    assert Attempt.objects.get().error == WHY


def test_it_may_leave_a_result(body):
    def work(ctx: targets.Context):
        ask(ctx)
        raise targets.Cancelled("half of it is done", {"rows": 3})

    assert run(job(target=body(work))).reason == WHY
    assert Attempt.objects.get().result == {"rows": 3}


def test_a_body_that_does_not_look_ends_as_it_does(body):
    assert run(job(target=body(lambda_of(ask)))).state == State.COMPLETED


def lambda_of(function):
    def work(ctx: targets.Context):
        function(ctx)

    return work


def test_who_raises_it_without_being_asked_has_failed(body):
    def work():
        raise targets.Cancelled("no reason at all")

    done = run(job(target=body(work)))
    assert (done.state, done.reason) == (State.FAILED, "no reason at all")


def test_a_coroutine_is_cancelled(body):
    cleaned = []

    async def work(ctx: targets.Context):
        threading.Timer(0.1, running.ask_to_stop, [ctx.job_id, 1, WHY]).start()
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.append(True)

    begun = time.monotonic()
    done = run(job(target=body(work)))
    assert (done.state, done.reason, cleaned) == (State.FAILED, WHY, [True])
    assert time.monotonic() - begun < 30


def test_a_coroutine_that_cancels_itself_has_failed(body):
    async def work():
        raise asyncio.CancelledError

    done = run(job(target=body(work)))
    assert (done.state, done.reason) == (State.FAILED, "CancelledError: ")


def test_before_its_time_its_body_is_not_entered(body, monkeypatch):
    waited = runner.wait_until

    def wait(due, spin):
        (job_id,) = running.ids()
        running.ask_to_stop(job_id, 1, WHY)
        return waited(due, spin)

    monkeypatch.setattr(runner, "wait_until", wait)
    done = run(job(0.2, body(lambda: pytest.fail("it ran"))))
    assert (done.state, done.reason, done.execute_at) == (State.FAILED, WHY, None)


def test_another_start_of_the_job_is_not_meant(body):
    def work(ctx: targets.Context):
        running.ask_to_stop(ctx.job_id, 2, WHY)
        running.ask_to_stop(ctx.job_id + 1, 1, WHY)
        ctx.check()

    assert run(job(target=body(work))).state == State.COMPLETED


def test_nothing_is_asked_of_the_database_while_nothing_runs(django_assert_num_queries):
    assert running.ids() == []
    with django_assert_num_queries(0):
        asking.stop_asked(Slots)


def test_one_statement_is_asked_for_all_that_run(django_assert_num_queries):
    class Three(Slots):
        job_ids = staticmethod(lambda: [1, 2, 3])

    with django_assert_num_queries(1):
        asking.stop_asked(Three)


def test_a_job_that_was_asked_is_not_started_again(body):
    def work(ctx: targets.Context):
        ask(ctx)
        raise TimeoutError("boom")

    due = job(target=body(work))
    Job.objects.update(rerunnable=True, max_attempts=2, retry_on=["failure"])
    assert run(due).state == State.FAILED
