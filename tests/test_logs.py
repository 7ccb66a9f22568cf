"""No line of the log is forged by what a name, a payload, a reason, a path or an error brings along."""

from __future__ import annotations

import io
import logging
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from celery import signals
from django.conf import settings
from django.test import Client

from jobs.events import emit
from jobs.events.attempts import AttemptFailed
from jobs.events.web import RequestWithoutDatabase
from project import logs
from tests.events.test_docs import EVENTS

FORGED = "x\n2026-01-01 00:00:00,000 INFO jobs.attempts job 7 completed\r\x1b[2J\u2028\u202e\x85"
# Each logger that a handler of ours, or Celery's, writes for.
LOGGERS = [*settings.LOGGING["loggers"], "axes.handlers.database", "django.security", "knox", "celery.worker"]


def written(logger: logging.Logger, monkeypatch, say, level: int = logging.INFO) -> str:
    """What the handler that is responsible for this logger writes."""
    one: logging.Logger | None = logger
    while one is not None and not [h for h in one.handlers if isinstance(h.formatter, logs.OneLine)]:
        one = one.parent if one.propagate else None
    assert one is not None, "somebody else writes its lines"
    (handler,) = [h for h in one.handlers if isinstance(h.formatter, logs.OneLine)]
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    monkeypatch.setattr(logger, "disabled", False)
    monkeypatch.setattr(logger, "level", level)
    say()
    return stream.getvalue()


def values_of(kind) -> dict[str, object]:
    """Fields for an event of this kind, each text a forged one."""
    plain = {
        "int": 1,
        "float": 1.5,
        "float | None": None,
        "datetime": datetime.now(UTC),
        "date": datetime.now(UTC).date(),
    }
    texts = {"str": FORGED, "object": FORGED, "datetime | None": None}
    return {one.name: (plain | texts).get(str(one.type), ValueError(FORGED)) for one in fields(kind)}


@pytest.mark.parametrize("name", LOGGERS)
def test_a_line_stays_one_whatever_is_in_it(name, monkeypatch):
    logger = logging.getLogger(name)
    text = written(logger, monkeypatch, lambda: logger.error("the name is %s", FORGED))
    assert text.count("\n") == 1
    assert text.rstrip("\n").isprintable()
    assert "x\\n2026-01-01" in text


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_no_field_of_any_event_makes_a_line_of_its_own(kind, monkeypatch):
    """Names, queues, reasons, workers, paths and errors, whoever has given them: what is below the line is indented."""
    values = values_of(kind)
    logger = logging.getLogger(kind.logger)
    head, *below = written(logger, monkeypatch, lambda: emit(kind(**values)), kind.level).rstrip("\n").split("\n")
    assert head.isprintable()
    assert all(line.startswith("    ") and line.isprintable() for line in below)
    assert not below or kind.traceback or kind(**values).below


def test_the_story_of_a_failure_stands_below_its_line(monkeypatch):
    story = f"Traceback (most recent call last):\n  {FORGED}\n"
    said = AttemptFailed(7, 1, "demo.fail", 0.0, 0.0, "ValueError: no", story)
    head, *below = written(logging.getLogger("jobs.attempts"), monkeypatch, lambda: emit(said)).rstrip("\n").split("\n")
    assert head.endswith("ValueError: no")
    assert below[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") and line.isprintable() for line in below)


def test_the_lines_of_a_traceback_are_indented(monkeypatch):
    logger = logging.getLogger("jobs.web")

    def say():
        try:
            raise ValueError(FORGED)
        except ValueError as error:
            emit(RequestWithoutDatabase("GET", f"/{FORGED}", error))
            logger.exception("again")

    lines = written(logger, monkeypatch, say).rstrip("\n").split("\n")
    heads = [line for line in lines if not line.startswith("    ")]
    assert len(heads) == 2, heads
    assert all(line.isprintable() for line in lines)


@pytest.mark.django_db
def test_the_name_that_somebody_tries_to_log_in_with_is_logged_on_one_line(monkeypatch):
    logger = logging.getLogger("axes.handlers.database")
    text = written(logger, monkeypatch, lambda: Client().post("/login/", {"username": FORGED, "password": "x"}))
    assert "login failure" in text
    assert [line for line in text.split("\n") if line.startswith("2026-01-01 00:00:00,000")] == []


@pytest.mark.parametrize("signal", [signals.after_setup_logger, signals.after_setup_task_logger])
@pytest.mark.parametrize("colorize", [False, True])
def test_so_are_celerys_own_lines(signal, colorize):
    logger = logging.Logger("celery")
    handler = logging.StreamHandler(io.StringIO())
    logger.addHandler(handler)
    signal.send(sender=None, logger=logger, format="[%(levelname)s] %(message)s", colorize=colorize)
    logger.error("Received unregistered task of type %s", FORGED)
    text = handler.stream.getvalue()
    assert text.count("\n") == 1
    assert "\x1b[2J" not in text
    assert "\r" not in text
    assert "x\\n2026-01-01" in text


@pytest.mark.parametrize("form", ["%(asctime)s %(message)s", "%(message)s"])
@pytest.mark.parametrize("of_time", [None, "%H:%M"])
def test_its_time_is_written_as_logging_does(form, of_time):
    ours, plain = logs.OneLine(form, of_time), logging.Formatter(form, of_time)
    for at in (1_700_000_000.0, 1_700_000_000.9996, 1_700_000_001.25, 1_700_000_000.5, 1_700_086_400.0, 0.001):
        record = logging.LogRecord("x", logging.INFO, "f", 1, "came", (), None)
        record.created, record.msecs = at, int(at % 1 * 1000) + 0.0
        assert ours.format(record) == plain.format(record)


def test_the_secret_of_a_link_is_stars_below_a_line_too(monkeypatch):
    secret = "x" * 43
    logger = logging.getLogger("jobs.web")

    def say():
        try:
            raise ValueError(f"/f/{secret}/")
        except ValueError:
            logger.exception("GET /f/%s/", secret)

    text = written(logger, monkeypatch, say)
    assert (secret in text, text.count("/f/***/")) == (False, 2)


def test_what_can_be_printed_stays_as_it_is():
    assert logs.one_line("Überstunden, 12 €; 残業") == "Überstunden, 12 €; 残業"
    assert logs.one_line("a\tb\nc\ud800") == "a\\tb\\nc\\ud800"
