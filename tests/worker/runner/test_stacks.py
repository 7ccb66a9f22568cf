"""Where a body is in its code: its own frames, and no value."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from jobs.clock import clock
from jobs.models import Job
from jobs.worker.run import stacks
from tests.worker.runner.steps import WORKER, go

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gate():
    """What bodies wait at; they are let go at the end, whatever became of the test."""
    here, go_on = threading.Event(), threading.Event()
    yield here, go_on
    go_on.set()


@pytest.fixture
def looked_at(body, gate):
    """Run this body in a thread, look at it while it waits, and let it end."""
    here, go_on = gate

    def look(function, payload=None, after=0.0):
        name = body(function)
        run_at = clock.now() + timedelta(seconds=after)
        job = Job.objects.create(target=name, payload=payload or {}, run_at=run_at)
        job.refresh_from_db()

        def work():
            try:
                go(job.pk, job.version, WORKER)
            finally:
                from django.db import connections  # noqa: PLC0415 - of this thread

                connections.close_all()

        with ThreadPoolExecutor(1) as slot:
            ends = slot.submit(work)
            assert here.wait(10)
            found = stacks.of([job.pk, job.pk + 1_000_000])
            go_on.set()
            ends.result(10)
        assert stacks.of([job.pk]) == {}, "it has ended"
        assert list(found) == [str(job.pk)]
        json.dumps(found)
        return found[str(job.pk)]

    return look


def test_the_innermost_place_comes_last_and_ours_are_left_out(looked_at, gate):
    here, go_on = gate

    def inner(secret):
        here.set()
        assert go_on.wait(10)  # this line is where it is

    def outer():
        inner("a value that nobody may see")

    found = looked_at(outer)
    own = [frame for frame in found["frames"] if frame[0] == __name__]
    assert [frame[1].rpartition(".")[2] for frame in own] == ["outer", "inner"]
    assert own[1][3] == "assert go_on.wait(10)  # this line is where it is"
    assert found["frames"][0] == own[0], "what calls every body says nothing"
    assert found["frames"][-1][0] == "threading"
    assert (found["attempt"], found["left_out"]) == (1, 0)


def test_no_value_of_a_variable_is_told(looked_at, gate):
    here, go_on = gate

    def outer(card):
        kept = card * 2
        here.set()
        go_on.wait(10)
        del kept

    found = looked_at(outer, {"card": "4111-1111"})
    assert "4111" not in json.dumps(found)


def test_texts_in_the_code_are_left_out(looked_at, gate):
    here, go_on = gate

    def outer():
        here.set()
        go_on.wait(10) or print("https://ada:geheimnis-123@example.com/")  # noqa: T201

    found = json.dumps(looked_at(outer), ensure_ascii=False)
    assert "geheimnis-123" not in found
    assert "go_on.wait(10) or print('…')" in found


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("wait(10)", "wait(10)"),
        ("login('ada', \"it's secret\")", "login('…', '…')"),
        (r"login('a\'b', 'c')", "login('…', '…')"),
        ('sql = """SELECT 1', "sql = '…'"),
        ('send("""all"""); wait()', "send('…'); wait()"),
        ("f'{name} is' + x + 'y", "f'…' + x + '…'"),
    ],
)
def test_what_is_left_of_a_line_of_code(code, shown):
    assert stacks.without_texts(code) == shown


def test_a_quotation_mark_that_stays_open_is_read_once():
    """It is done in the process in which jobs start: no line may take it long, however it is written."""
    program = "import re, sys; print(re.compile(sys.argv[1]).sub('', sys.argv[2]))"
    line = "x = '" + r"\d" * 60
    done = subprocess.run(
        [sys.executable, "-c", program, stacks.QUOTED.pattern, line],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout == "x = \n"


def test_deep_ones_lose_what_is_outermost(looked_at, gate):
    here, go_on = gate

    def deep(more):
        if more:
            return deep(more - 1)
        here.set()
        return go_on.wait(10)

    def outer():
        deep(100)

    found = looked_at(outer)
    assert len(found["frames"]) == stacks.MOST_FRAMES
    assert found["left_out"] > 60
    assert found["frames"][-1][0] == "threading"


def test_of_coroutines_that_wait_those_are_told_that_await(looked_at, gate):
    here, go_on = gate

    async def inner():
        here.set()
        while not go_on.is_set():
            await asyncio.sleep(0.01)

    async def outer():
        await inner()

    found = looked_at(outer)
    names = [frame[1].rpartition(".")[2] for frame in found["frames"]]
    assert names[:2] == ["outer", "inner"]
    assert "run_until_complete" not in names
    assert "select" not in names


def test_a_job_that_waits_for_its_time_is_nowhere_yet(body):
    name = body(lambda: None)
    job = Job.objects.create(target=name, payload={}, run_at=clock.now() + timedelta(seconds=1))
    job.refresh_from_db()

    def work():
        from django.db import connections  # noqa: PLC0415 - of this thread

        try:
            go(job.pk, job.version, WORKER)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as slot:
        ends = slot.submit(work)
        while not (found := stacks.of([job.pk])) and not ends.done():
            pass
        if not ends.done():
            assert found[str(job.pk)]["frames"] == []
        ends.result(10)
