"""What a body prints, logs and warns of is kept with its attempt, each body's own; and goes where it went before."""

# ruff: noqa: T201 - it is about printing
from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.targets import Context
from jobs.worker.run import capture

log = logging.getLogger("shop")


@pytest.fixture(autouse=True)
def heard(worker, monkeypatch):
    """The worker hears its bodies; undone after the test. What it passes on of stdout."""
    out = io.StringIO()
    monkeypatch.setattr(capture, "_shown", set())
    monkeypatch.setattr(capture, "_hooked", threading.Lock())
    monkeypatch.setattr(logging.Logger, "callHandlers", logging.Logger.callHandlers)
    monkeypatch.setattr(log, "level", logging.INFO)
    together = worker.together

    def hearing(*given):
        with monkeypatch.context() as now, warnings.catch_warnings():  # pytest sets both anew for each phase of a test
            now.setattr(sys, "stdout", out)
            now.setattr(sys, "stderr", io.StringIO())
            now.setattr(warnings, "showwarning", warnings.showwarning)
            warnings.resetwarnings()
            capture.install()
            warnings.simplefilter("always", append=True)
            return together(*given)

    monkeypatch.setattr(worker, "together", hearing)
    return out


def kept(ended):
    return json.loads(ended.log)


def texts(ended):
    return [line["text"] for line in kept(ended)["lines"]]


def say(n):
    print("printed", n)
    time.sleep(0.01)
    log.info("logged %d", n)
    time.sleep(0.01)
    warnings.warn(f"warned {n}", stacklevel=1)
    print("to stderr", n, file=sys.stderr)


def expected(n):
    return [
        ("info", "stdout", f"printed {n}"),
        ("info", "shop", f"logged {n}"),
        ("warning", "warnings", f"UserWarning: warned {n} ({__file__}:{say.__code__.co_firstlineno + 5})"),
        ("info", "stderr", f"to stderr {n}"),
    ]


def function(n: int) -> None:
    say(n)


async def coroutine(n: int) -> None:
    await asyncio.sleep(0.001)
    say(n)


async def to_thread(n: int) -> None:
    await asyncio.to_thread(say, n)


def own_thread(n: int) -> None:
    thread = threading.Thread(target=say, args=(n,))
    thread.start()
    thread.join()


def own_executor(n: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(say, n).result()


@pytest.mark.parametrize("body", [function, coroutine, to_thread, own_thread, own_executor], ids=lambda b: b.__name__)
def test_five_bodies_at_once_each_have_their_own_lines(worker, body):
    ends = worker.together(body, [{"n": n} for n in range(5)])
    for n, ended in enumerate(ends):
        lines = [(line["level"], line["from"], line["text"]) for line in kept(ended)["lines"]]
        assert lines == expected(n)


def test_it_goes_where_it_went_before_too(worker, heard, caplog):
    worker.run(function, n=7)
    assert heard.getvalue() == "printed 7\n"
    assert "logged 7" in caplog.messages


def test_what_goes_to_a_handler_s_stream_is_kept_once(worker):
    def body():
        handler = logging.StreamHandler(sys.stderr)
        log.addHandler(handler)
        try:
            log.warning("once")
        finally:
            log.removeHandler(handler)

    ended = worker.run(body)
    assert [(line["level"], line["text"]) for line in kept(ended)["lines"]] == [("warning", "once")]


def test_of_many_lines_the_first_and_the_last_are_kept_and_where_some_are_missing(worker):
    def body(ctx: Context):
        ctx.log("first")
        for number in range(1000):
            print(number)

    ended = worker.run(body)
    said = kept(ended)
    assert texts(ended) == ["first", *map(str, range(99)), *map(str, range(900, 1000))]
    assert (said["more"], said["cut_after"]) == (801, 100)


def test_pieces_of_a_line_are_one_line_and_the_last_needs_no_end(worker):
    def body():
        print("a", "b", end="")
        print("c")
        print("10 %\r20 %\r", end="")
        print("30 %\r\nend", end="")
        sys.stdout.write("x" * 50_000)

    ended = worker.run(body)
    first, second, third = texts(ended)
    assert (first, second) == ("a bc", "30 %")
    assert third == ("end" + "x" * 50_000)[:2000]


def test_a_logged_error_comes_with_its_traceback(worker):
    def body():
        try:
            {}["price"]
        except KeyError:
            log.exception("no %s", "price")
        log.info("wrong %d", "number")

    raised = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        first, second, *rest = texts(worker.run(body))
    finally:
        logging.raiseExceptions = raised
    assert (first, second) == ("no price", "Traceback (most recent call last):")
    assert rest[-2] == "KeyError: 'price'"
    assert rest[-1].startswith("wrong %d (cannot be formatted")


def test_the_same_warning_is_told_to_each_body_and_once_to_the_process(worker, monkeypatch):
    shown = []
    monkeypatch.setattr(warnings, "showwarning", lambda *given: shown.append(str(given[0])))
    capture.install()

    def body():
        warnings.warn("old", stacklevel=1)

    assert [len(texts(worker.run(body))) for _ in range(2)] == [1, 1]
    assert shown == ["old"]


def test_what_outlives_its_body_is_heard_for_none(worker):
    go = threading.Event()

    def late():
        go.wait(30)
        print("late")

    def body():
        body.thread = threading.Thread(target=late)
        body.thread.start()

    ended = worker.run(body)

    def next_one():
        go.set()
        body.thread.join(30)

    assert ended.log is None
    assert worker.run(next_one).log is None


def test_a_body_that_says_nothing_leaves_nothing(worker):
    def body():
        return None

    assert worker.run(body).log is None
