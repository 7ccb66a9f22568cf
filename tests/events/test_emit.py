"""An event reaches whoever has subscribed and the log, and nobody who listens can harm what emits it."""

import logging
from dataclasses import FrozenInstanceError, dataclass

import pytest

from jobs import events
from jobs.events import emit, log, subscribe
from jobs.events.event import Event


@dataclass(frozen=True)
class Opened(Event):
    level = logging.WARNING
    text = "%(shop)s opened, 100 %% of it"
    shop: str


@dataclass(frozen=True)
class Closed(Event):
    logger = "jobs.elsewhere"
    level = logging.INFO
    text = "closed, 100 %"


@dataclass(frozen=True)
class Broke(Event):
    level = logging.ERROR
    text = "broke: %(error)s"
    traceback = True
    error: Exception


@dataclass(frozen=True)
class Whispered(Event):
    level = logging.DEBUG
    text = "%(shop)s whispers"
    shop: str

    def words(self):
        raise AssertionError("nobody listens")


@pytest.fixture
def heard():
    heard = []
    end = subscribe(heard.append)
    yield heard
    end()


@pytest.fixture(autouse=True)
def _blamed(monkeypatch):
    monkeypatch.setattr(events, "_blamed", [])


def test_it_is_told_once_to_each_who_has_subscribed(heard):
    also = []
    end = subscribe(also.append)
    emit(Opened("a"))
    end()
    emit(Opened("b"))
    assert (heard, also) == ([Opened("a"), Opened("b")], [Opened("a")])


def test_the_log_has_its_sentence_its_name_and_its_fields(lines):
    emit(Opened("a"))
    emit(Closed())
    opened, closed = lines.records
    assert (opened.name, opened.levelname, opened.getMessage()) == (
        "jobs.test_emit",
        "WARNING",
        "a opened, 100 % of it",
    )
    assert (opened.event, opened.args, opened.filename) == ("Opened", {"shop": "a"}, "test_emit.py")
    assert (closed.name, closed.getMessage()) == ("jobs.elsewhere", "closed, 100 %")


def test_a_level_that_is_off_asks_for_no_words(lines):
    emit(Whispered("a"))
    assert lines.records == []


def test_an_error_has_its_traceback(lines):
    def boom():
        raise ValueError("no")

    try:
        boom()
    except ValueError as error:
        emit(Broke(error))
    (record,) = lines.records
    assert "in boom" in logging.Formatter().formatException(record.exc_info)


def test_who_raises_harms_nobody_is_logged_once_and_goes_on(heard, lines):
    calls = []

    def bad(event):
        calls.append(event)
        raise ValueError("no")

    end = subscribe(bad)
    after = []
    end_after = subscribe(after.append)
    emit(Opened("a"))
    emit(Opened("b"))
    end()
    end_after()
    assert heard == after == calls == [Opened("a"), Opened("b")]
    (told,) = lines.texts("jobs.events")
    assert "bad raised for Opened (ValueError('no'))" in told


def test_a_log_that_raises_harms_nobody_either(heard, monkeypatch):
    def broken(kind):
        raise OSError

    monkeypatch.setattr(log, "_loggers", type("Broken", (), {"get": staticmethod(broken)}))
    emit(Opened("a"))
    assert heard == [Opened("a")]


def test_an_event_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Opened("a").shop = "b"
