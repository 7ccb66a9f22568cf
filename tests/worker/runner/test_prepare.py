"""A target may prepare itself between the row lock and its time."""

import asyncio
import time

import pytest

from jobs import targets
from jobs.models import Attempt
from jobs.states import State
from jobs.targets import registry
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(monkeypatch):
    """Register a target of two functions."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    def register(body, load):
        targets.target("test.two")(body).prepare(load)
        return "test.two"

    return register


def body(ctx: targets.Context, word: str = "x") -> object:
    return ctx.prepared


def test_it_comes_before_the_instant_and_its_result_reaches_the_body(two):
    seen = []

    def load(ctx: targets.Context, word: str):
        time.sleep(0.1)
        seen.append(time.time())
        return [word, ctx.attempt]

    done = run(job(0.4, two(body, load)))
    assert done.state == State.COMPLETED
    assert seen[0] < done.run_at.timestamp()
    assert Attempt.objects.get().result == ["x", 1], "the default of an argument that was not given"


def test_one_that_takes_longer_makes_its_job_late(two):
    def load():
        time.sleep(0.3)

    done = run(job(0.1, two(body, load)))
    assert done.state == State.COMPLETED
    assert done.delay_ms > 150


def test_one_that_raises_fails_the_job_at_its_time_without_the_body(two):
    def load(word: str):
        raise FileNotFoundError(word)

    def never():
        pytest.fail("it ran")

    def work(word: str = "model.bin"):
        never()

    done = run(job(0.3, two(work, load)))
    assert (done.state, done.reason) == (State.FAILED, "FileNotFoundError: model.bin")
    assert done.execute_at is None
    assert done.finished_at >= done.run_at
    assert Attempt.objects.get().started_at is None


def test_both_may_be_coroutines_on_one_loop(two):
    loops = []

    async def load():
        loops.append(asyncio.get_running_loop())
        return 7

    async def work(ctx: targets.Context):
        loops.append(asyncio.get_running_loop())
        return ctx.prepared

    assert run(job(target=two(work, load))).state == State.COMPLETED
    assert Attempt.objects.get().result == 7
    assert loops[0] is loops[1]


def test_a_plain_body_after_a_coroutine_is_in_no_loop(two):
    """Where Django refuses its database."""

    async def load():
        return 7

    def work(ctx: targets.Context):
        return [ctx.prepared, Attempt.objects.count()]

    assert run(job(target=two(work, load))).state == State.COMPLETED
    assert Attempt.objects.get().result == [7, 1]


def test_it_takes_the_arguments_of_its_target_only(two):
    def load(other: str): ...

    with pytest.raises(ValueError, match="takes its arguments and a Context only, not 'other: str'"):
        two(body, load)
