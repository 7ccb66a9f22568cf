"""What a target says while it runs is kept with its attempt, within bounds, in the statement that records its end."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import targets, transitions
from jobs.clock import clock
from jobs.models import Attempt
from jobs.states import State
from jobs.transitions import Ended
from tests.transitions.steps import acquire
from tests.worker.runner.steps import WORKER, job, run

pytestmark = pytest.mark.django_db


def kept():
    return Attempt.objects.get().log


def texts():
    return [line["text"] for line in kept()["lines"]]


def test_lines_are_kept_with_their_time_also_of_a_body_that_fails(body):
    def talk(ctx: targets.Context):
        ctx.log("first")
        ctx.log({"n": 2})
        raise ValueError("boom")

    before = clock.now()
    assert run(job(target=body(talk))).state == State.FAILED
    first, second = kept()["lines"]
    assert (first["level"], first["text"], second["text"]) == ("info", "first", "{'n': 2}")
    assert before.isoformat(timespec="milliseconds") <= first["at"] <= second["at"]
    assert first["at"].endswith("+00:00")
    assert kept()["more"] == 0


def test_who_says_nothing_leaves_nothing(body):
    run(job(target=body(lambda: None)))
    attempt = Attempt.objects.get()
    assert (attempt.log, attempt.progress, attempt.progress_note) == (None, None, None)


@pytest.mark.parametrize(("said", "lines", "more"), [(["x"] * 230, 200, 30), (["é" * 1000] * 10, 8, 2)])
def test_beyond_the_bounds_lines_are_only_counted(body, said, lines, more):
    def talk(ctx: targets.Context):
        for text in said:
            ctx.log(text)

    run(job(target=body(talk)))
    assert (len(kept()["lines"]), kept()["more"]) == (lines, more)


def test_a_very_long_line_is_cut(body):
    def talk(ctx: targets.Context):
        ctx.log("x" * 100_000)

    run(job(target=body(talk)))
    assert [len(text) for text in texts()] == [2000]


def test_what_postgresql_cannot_hold_is_written_down(body):
    def talk(ctx: targets.Context):
        ctx.log("nul \x00, half \udcff")

    assert run(job(target=body(talk))).state == State.COMPLETED
    assert texts() == ["nul \N{REPLACEMENT CHARACTER}, half \\udcff"]


def test_threads_of_the_body_may_talk(body):
    def talk(ctx: targets.Context):
        threads = [threading.Thread(target=lambda: [ctx.log("x") for _ in range(100)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run(job(target=body(talk)))
    assert (len(kept()["lines"]), kept()["more"]) == (200, 200)


def test_it_costs_no_statement(make_job):
    def statements(**said):
        started = acquire(make_job())
        with CaptureQueriesContext(
            connection,
        ) as seen:
            transitions.finish([Ended(started, State.COMPLETED, clock.now(), clock.now(), **said)])
        return len(seen)

    assert statements() == statements(log='{"lines": [], "more": 1}', progress=0.5, progress_note="half")
    assert Attempt.objects.order_by("-id")[0].progress == 0.5


def test_a_late_end_keeps_it_as_evidence(body):
    def settled(ctx: targets.Context):
        ctx.log("here")
        transitions.interrupt([WORKER.session], now=clock.now(), reason="thought gone")

    assert run(job(target=body(settled))).state == State.INTERRUPTED
    assert texts() == ["here"]
