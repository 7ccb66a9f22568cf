"""JOBS_LOG_FORMAT=json: each record is one object of JSON on one line, whoever has said it and whatever is in it."""

from __future__ import annotations

import io
import json
import logging
import math
import re
import subprocess
import sys
from dataclasses import fields

import pytest
from celery import signals
from django.conf import settings

from jobs.clock import clock
from jobs.events import log
from jobs.events.attempts import AttemptCompleted, AttemptFailed
from jobs.events.web import RequestWithoutDatabase
from jobs.targets.context import Context
from jobs.worker.run import current
from project import json_lines
from tests.events.conftest import Lines
from tests.events.test_docs import EVENTS
from tests.test_logs import FORGED, values_of

FORMATTER = json_lines.JsonLines()


def line(record):
    text = FORMATTER.format(record)
    assert text.isprintable(), "one line, and nothing that moves a cursor"
    return json.loads(text)


def of(event, level=logging.DEBUG):
    """The line of an event."""
    logger, lines = logging.getLogger(event.logger), Lines()
    before = logger.level
    logger.addHandler(lines)
    logger.setLevel(level)
    try:
        log.write(event)
    finally:
        logger.removeHandler(lines)
        logger.setLevel(before)
    (record,) = lines.records
    return line(record)


def foreign(words, *args, **extra):
    return logging.getLogger("a.library").makeRecord("a.library", logging.INFO, "f", 1, words, args, None, extra=extra)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_each_event_has_its_name_and_its_fields(kind):
    said = of(kind(**values_of(kind)))
    assert (said["event"], said["logger"]) == (kind.__name__, kind.logger)
    own = {one.name for one in fields(kind)} - kind.unsaid - ({"error"} if kind.traceback else set())
    assert own == said.get("fields", {}).keys() | ({"job_id", "attempt"} & said.keys())
    assert FORGED[:20] not in json.dumps(said, ensure_ascii=False) or "\\n" in json.dumps(said)


def test_the_end_of_an_attempt():
    said = of(AttemptCompleted(7, 2, "mail.digest", 0.000812, 0.0123, queue="default"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said.pop("time"))
    assert {said.pop(name) is not None for name in ("pid", "thread", "host", "process")} == {True}
    assert said == {
        "level": "INFO",
        "logger": "jobs.attempts",
        "event": "AttemptCompleted",
        "message": "job 7 (mail.digest): attempt 2 completed, delay 0.812 ms, duration 12.300 ms",
        "job_id": 7,
        "attempt": 2,
        "fields": {
            "target": "mail.digest",
            "delay": 0.000812,
            "duration": 0.0123,
            "error": "",
            "story": "",
            "queue": "default",
        },
    }


def test_its_time_is_that_of_the_record_and_not_of_the_writing():
    record = foreign("slow")
    record.created = 1_700_000_000.9996
    assert line(record)["time"] == "2023-11-14T22:13:20.999Z"


def test_the_story_of_a_failure_is_a_field_and_stands_once():
    said = of(AttemptFailed(7, 1, "demo.fail", 0.0, 0.0, "ValueError: no", f"Traceback\n  {FORGED}"))
    assert said["fields"]["story"].startswith("Traceback\n  x\n2026")
    assert "stack" not in said


def test_an_error_has_its_class_or_its_traceback():
    try:
        raise KeyError("missing")
    except KeyError as error:
        without = of(RequestWithoutDatabase("GET", "/", error))
        record = logging.LogRecord("django", logging.ERROR, "f", 1, "no", (), sys.exc_info())
    assert without["fields"]["error"] == "KeyError: 'missing'"
    assert line(record)["exception"].startswith("Traceback (most recent call last)")


def test_others_records_keep_their_plain_extras_and_no_objects():
    said = line(foreign("%s came", "he", status_code=404, request=object(), rate=math.inf))
    assert said["message"] == "he came"
    assert said["fields"] == {"status_code": 404, "rate": "inf"}
    assert "event" not in said


def test_words_that_do_not_fit_are_a_line_all_the_same():
    assert "cannot be formatted: TypeError" in line(foreign("%d came", "nobody"))["message"]


def test_the_secret_of_a_link_is_stars_wherever_it_stands():
    secret = f"/f/{'x' * 43}/"
    try:
        raise ValueError(secret)
    except ValueError:
        record = foreign("GET %s", secret, path=secret)
        record.exc_info = sys.exc_info()
    said = line(record)
    assert (said["message"], said["fields"]) == ("GET /f/***/", {"path": "/f/***/"})
    assert "ValueError: /f/***/" in said["exception"]


def test_a_line_has_bounds():
    said = line(foreign("x" * 100_000, more="y" * 100_000))
    assert len(json.dumps(said)) < 16 * 1024


def test_what_a_body_says_names_its_attempt_and_no_secret():
    context = Context(7, 2, clock.now())
    context.execution.hide(["hunter22"])
    body, token = current.begin(context)
    try:
        said = body.enter(lambda: line(foreign("it is hunter22", key="hunter22")))
    finally:
        current.end(token)
    assert (said["job_id"], said["attempt"]) == (7, 2)
    assert "hunter22" not in json.dumps(said)
    assert "job_id" not in line(foreign("outside of it"))


@pytest.mark.parametrize("signal", [signals.after_setup_logger, signals.after_setup_task_logger])
def test_celerys_own_lines_are_such(signal, settings):
    settings.JOBS_LOG_FORMAT = "json"
    logger = logging.Logger("celery")
    handler = logging.StreamHandler(io.StringIO())
    logger.addHandler(handler)
    signal.send(sender=None, logger=logger, format="[%(levelname)s] %(message)s", colorize=False)
    logger.error("Received unregistered task of type %s", FORGED)
    (text,) = handler.stream.getvalue().splitlines()
    assert json.loads(text)["message"] == f"Received unregistered task of type {FORGED}"


@pytest.mark.parametrize(
    ("words", "role"),
    [
        (["/venv/bin/celery", "-A", "project", "worker", "-P", "threads"], "worker"),
        (["/lib/celery/__main__.py", "-A", "project", "-q", "beat"], "beat"),
        (["/app/project/web/__main__.py", "--bind", "x"], "web"),
        (["manage.py", "migrate"], "manage.py migrate"),
    ],
)
def test_a_process_is_known_by_its_command_line(monkeypatch, words, role):
    monkeypatch.setattr(sys, "argv", words)
    assert json_lines.role() == role


def test_in_the_console_form_nothing_of_it_is_imported():
    code = "import django, sys; django.setup(); sys.exit('structlog' in sys.modules or 'project.json_lines' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=False, timeout=300).returncode == 0
