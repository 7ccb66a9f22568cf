"""Records of events are those that `logging` would make, though it makes only the first of each line that emits."""

import asyncio
import json
import logging
import os
import threading
from dataclasses import dataclass

import pytest

from jobs.events import emit, log
from jobs.events.event import Event

OF_ITS_OWN = {"created", "msecs", "relativeCreated", "args", "said", "message", "asctime"}  # the last by formatters


@dataclass(frozen=True)
class Ticked(Event):
    level = logging.WARNING
    text = "tick %(n)d"
    n: int


@dataclass(frozen=True)
class Broke(Event):
    level = logging.ERROR
    text = "%(error)s"
    traceback = True
    error: Exception | None


@pytest.fixture(autouse=True)
def _anew(monkeypatch):
    log._like.clear()


@pytest.fixture
def made(monkeypatch):
    """The events of the records that `logging` has made."""
    made, make = [], logging.Logger.makeRecord

    def counting(self, *args, **more):
        record = make(self, *args, **more)
        made.append(record.event)
        return record

    monkeypatch.setattr(logging.Logger, "makeRecord", counting)
    return made


def tick(n=1):
    emit(Ticked(n))


def test_the_next_of_a_line_is_as_the_first(lines, made):
    for n in (1, 2, 3):
        tick(n)
    assert made == ["Ticked"]
    first, *others = lines.records
    for record in others:
        assert vars(record).keys() == vars(first).keys()
        assert {n: v for n, v in vars(record).items() if n not in OF_ITS_OWN} == {
            n: v for n, v in vars(first).items() if n not in OF_ITS_OWN
        }
        assert record.msecs == int((record.created - int(record.created)) * 1000)
        later = record.created - first.created
        assert later >= 0
        assert record.relativeCreated - first.relativeCreated == pytest.approx(later * 1000, abs=0.01)
    assert [(one.getMessage(), one.args, one.said) for one in lines.records] == [
        (f"tick {n}", {"n": n}, Ticked(n)) for n in (1, 2, 3)
    ]


def test_each_names_the_line_that_has_emitted_it(lines):
    for _ in range(2):
        tick()
        emit(Ticked(2))
    assert [(one.funcName, one.filename) for one in lines.records] == [
        ("tick", "test_records.py"),
        ("test_each_names_the_line_that_has_emitted_it", "test_records.py"),
    ] * 2
    inner, outer = [one.lineno for one in lines.records[:2]]
    assert inner != outer
    assert [one.lineno for one in lines.records[2:]] == [inner, outer]


def test_each_names_the_thread_that_has_emitted_it(lines):
    tick()
    thread = threading.Thread(target=tick, name="another")
    thread.start()
    number = thread.ident
    thread.join()
    first, second = lines.records
    assert (first.threadName, first.thread) == (threading.current_thread().name, threading.get_ident())
    assert (second.threadName, second.thread) == ("another", number)


def test_each_has_its_own_error(lines):
    for error in (ValueError("a"), None, KeyError("b")):
        emit(Broke(error))
    assert [one.exc_info and one.exc_info[0] for one in lines.records] == [ValueError, None, KeyError]


def test_what_makes_records_for_a_project_makes_each_of_them(lines, made):
    numbered, before = iter(range(10)), logging.getLogRecordFactory()

    def numbering(*args, **more):
        record = before(*args, **more)
        record.number = next(numbered)
        return record

    tick()
    logging.setLogRecordFactory(numbering)
    try:
        tick()
        tick()
    finally:
        logging.setLogRecordFactory(before)
    tick()
    assert [getattr(one, "number", None) for one in lines.records] == [None, 0, 1, None]


def test_so_does_a_logger_that_makes_its_own(monkeypatch):
    numbered, records = iter(range(10)), []

    class Numbering(logging.Logger):
        def makeRecord(self, *args, **more):  # noqa: N802 - logging's name
            record = super().makeRecord(*args, **more)
            record.number = next(numbered)
            return record

        def handle(self, record):
            records.append(record)

    monkeypatch.setitem(log._loggers, Ticked, Numbering("jobs.test_records"))
    tick()
    tick()
    assert [one.number for one in records] == [0, 1]


def test_in_a_task_of_asyncio_each_is_made_by_logging(lines, made):
    async def ticks():
        tick()

    tick()
    asyncio.run(ticks())
    assert made == ["Ticked", "Ticked"]
    tick()
    names = {getattr(one, "taskName", None) for one in (lines.records[0], lines.records[2])}
    assert names == {None}, "no task's name stays"


def test_a_child_names_its_own_process(lines):
    tick()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            tick()
            os.write(writing, json.dumps(lines.records[-1].process).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        assert json.load(answer) == child
    assert lines.records[0].process == os.getpid()
