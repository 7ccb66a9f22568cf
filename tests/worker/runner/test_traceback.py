"""A job that fails by an error keeps its traceback with the attempt: of its own code, and within bounds."""

import asyncio
import json

import pytest
from django.conf import settings

from jobs import targets
from jobs.models import Attempt
from jobs.states import State
from jobs.targets import raised
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db


def deeper(number):
    if number:
        return deeper(number - 1)
    return {}["missing"]


def fails(body, function):
    done = run(job(target=body(function)))
    assert done.state == State.FAILED
    return done.reason, Attempt.objects.get().error


def test_it_begins_in_the_body_and_ends_with_the_error(body, caplog):
    def boom():
        deeper(0)

    reason, error = fails(body, boom)
    assert reason == "KeyError: 'missing'"
    first, rest = error.split("\n\n")
    assert first == reason
    head, where, *_, last = rest.split("\n")
    assert (head, last) == ("Traceback (most recent call last):", "KeyError: 'missing'")
    assert "test_traceback.py" in where
    assert "in boom" in where
    assert rest in caplog.text


def test_what_led_to_it_is_told_too_without_the_frames_that_call_targets(body):
    async def boom():
        try:
            await asyncio.to_thread(deeper, 1)
        except KeyError as error:
            raise RuntimeError("no price") from error

    _, error = fails(body, boom)
    assert "KeyError: 'missing'" in error
    assert "direct cause" in error
    assert "in deeper" in error
    assert "jobs/worker" not in error
    assert "calls.py" not in error


def test_a_job_that_says_itself_why_it_failed_needs_none(body):
    def decided():
        raise targets.TargetFailed("the shop is closed")

    assert fails(body, decided) == ("the shop is closed", "the shop is closed")


def test_one_that_is_too_long_loses_its_middle(body):
    def many():
        error = ValueError("x" * 3_000)
        for _ in range(5):
            try:
                raise error
            except ValueError as last:
                error = ValueError("y" * 3_000)
                error.__cause__ = last
        raise error

    _, error = fails(body, many)
    assert len(error) <= 10_000
    assert "characters are cut here" in error


def test_before_that_it_loses_the_frames_of_libraries():
    def own():
        json.loads("{", object_hook=None)

    try:
        own()
    except ValueError as error:
        full = raised.story(error, str)
        assert "decoder.py" in full
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(raised, "LONGEST_STORY", len(full) - 1)
            cut = raised.story(error, str)
    assert "decoder.py" not in cut
    assert "in own" in cut


def test_an_error_that_cannot_be_told_is_said_to_be_so(body):
    class Mute(Exception):
        def __str__(self):
            raise OSError

    def boom():
        raise Mute

    reason, error = fails(body, boom)
    assert reason == "Mute: its text cannot be read"
    assert "in boom" in error


def test_our_secrets_are_not_in_it(body):
    def boom(ctx: targets.Context):
        ctx.log(f"with {settings.SECRET_KEY}")
        raise ValueError(f"with {settings.SECRET_KEY}")

    reason, error = fails(body, boom)
    assert settings.SECRET_KEY not in reason + error + str(Attempt.objects.get().log)
    assert reason == "ValueError: with ********"
