"""A target may be a coroutine: it runs to its end in its slot, and ends as every other."""

import asyncio
import threading
import time

import pytest

from jobs import targets
from jobs.models import Attempt
from jobs.states import State
from jobs.worker.run import runner
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db


def test_it_runs_to_its_end_and_its_result_is_kept(body):
    async def both(ctx: targets.Context, word: str) -> list:
        return await asyncio.gather(asyncio.sleep(0.01, word), asyncio.to_thread(threading.get_ident))

    done = run(job(0.2, body(both), {"word": "x"}))
    assert done.state == State.COMPLETED, done.reason
    word, thread = Attempt.objects.get().result
    assert (word, thread != threading.get_ident()) == ("x", True)
    assert done.execute_at >= done.run_at


def test_it_fails_by_what_it_raises(body):
    async def boom():
        raise TimeoutError("its own")

    done = run(job(target=body(boom)))
    assert (done.state, done.reason) == (State.FAILED, "TimeoutError: its own")


def test_what_it_leaves_running_ends_with_it(body):
    left = []

    async def late():
        try:
            await asyncio.sleep(60)
        finally:
            left.append("ended")

    async def spawn():
        left.append(asyncio.create_task(late()))
        await asyncio.sleep(0)

    begun = time.monotonic()
    assert run(job(target=body(spawn))).state == State.COMPLETED
    assert left[1] == "ended"
    assert time.monotonic() - begun < 30


def test_its_loop_is_there_before_the_instant(body, monkeypatch):
    """Made at the instant it would make the job late."""
    order = []
    made = asyncio.new_event_loop
    monkeypatch.setattr(asyncio.events, "new_event_loop", lambda: order.append("loop") or made())

    async def look():
        order.append("body")

    waited = runner.wait_until
    monkeypatch.setattr(runner, "wait_until", lambda *a: order.append("instant") or waited(*a))
    run(job(target=body(look)))
    assert order == ["loop", "instant", "body"]
