"""What a deadline does to a body on a thread: it is told, a coroutine is cancelled, and a late end is a failure."""

import asyncio
import re
import time
from datetime import timedelta

import pytest

from jobs import targets
from jobs.clock import clock, steady
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.worker.arm import acquisition
from jobs.worker.record import recorder
from jobs.worker.run import runner
from jobs.worker.run.runner import Armed
from tests.worker.runner.steps import WORKER, job, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def short(body):
    """Run a job with a deadline of 1 s that passes a tenth of a second from now."""

    def go(function, after=0.1, **fields):
        due = job(target=body(function))
        Job.objects.update(deadline=1, **fields)
        (started,) = acquisition.acquire([(due.pk, due.version, due.queue)], WORKER).acquired.started
        assert started.ends_by > clock.now()
        started = started._replace(ends_by=clock.now() + timedelta(seconds=after))
        recorder.record([runner.run(Armed(started, WORKER.session, steady(), clock.reading))])
        due.refresh_from_db()
        return due

    return go


def test_a_body_knows_its_deadline_and_is_told_when_it_asks(short):
    seen = []

    def work(ctx: targets.Context):
        seen.append(ctx.deadline)
        ctx.check()
        time.sleep(0.15)
        assert ctx.left == 0.0
        ctx.check()

    done = short(work)
    assert (done.state, done.reason) == (State.FAILED, "Its deadline of 1 s passed")
    assert seen[0] <= done.finished_at


def test_a_body_without_one_is_told_nothing(body):
    def work(ctx: targets.Context):
        assert (ctx.deadline, ctx.left, ctx.cancelled) == (None, None, False)
        ctx.check()

    assert run(job(target=body(work))).state == State.COMPLETED


def test_an_end_after_it_is_a_failure_that_keeps_its_result(short):
    def work():
        time.sleep(0.2)
        return {"rows": 3}

    done = short(work)
    assert done.state == State.FAILED
    assert re.fullmatch(r"Its deadline of 1 s passed \d+\.\d s before it ended; it ended well\.", done.reason)
    assert Attempt.objects.get().result == {"rows": 3}


def test_a_failure_after_it_says_both(short):
    def work():
        time.sleep(0.2)
        raise ValueError("boom")

    done = short(work)
    assert re.fullmatch(r"Its deadline of 1 s passed \d+\.\d s before it ended: ValueError: boom", done.reason)


def test_an_end_in_time_is_none_of_this(short):
    assert short(lambda: None, after=5).state == State.COMPLETED


def test_whose_effect_is_unknown_waits_for_a_person_all_the_same(short):
    def work():
        time.sleep(0.2)
        raise targets.OutcomeUnknown("no answer")

    assert short(work).state == State.INTERRUPTED


def test_a_coroutine_is_cancelled_at_it(short):
    cleaned = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.append(True)

    begun = time.monotonic()
    done = short(work)
    assert (done.state, done.reason) == (State.FAILED, "Its deadline of 1 s passed")
    assert cleaned == [True]
    assert time.monotonic() - begun < 30


def test_a_job_may_want_another_start_after_it(short):
    def work():
        time.sleep(0.2)

    done = short(work, rerunnable=True, max_attempts=2, retry_on=["deadline"])
    assert done.state == State.PENDING
    assert "Start 2 of 2 is due" in done.reason
