"""Lines of the log that nobody can forge: what names, payloads, paths and reasons bring along stays within its line."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery.app.log import TaskFormatter
from celery.signals import after_setup_logger, after_setup_task_logger
from celery.utils.log import ColorFormatter
from django.conf import settings

from jobs.web.filling.log import without_secrets

INDENT = "    "  # of a traceback: no line of it looks like the beginning of another record


def one_line(text: str) -> str:
    """Write what is not to be printed as Python does: line breaks, what moves a terminal's cursor, what turns the
    direction of writing; and stars in the place of the secrets of links."""
    text = without_secrets(text)
    if text.isprintable():  # nearly always, and at no cost: a worker writes a line for each job
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class OneLine(logging.Formatter):
    """Formatter whose records are one line, and their tracebacks indented below it."""

    _second = -1, ""  # that of the last record, as text

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        if datefmt:
            return super().formatTime(record, datefmt)
        second, text = self._second
        if second != int(record.created):
            second = int(record.created)
            text = time.strftime(self.default_time_format, self.converter(second))
            self._second = second, text
        return f"{text},{int(record.msecs):03d}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return _below(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return _below(super().formatStack(stack_info))


def _below(text: str) -> str:
    return "\n".join(f"{INDENT}{one_line(line)}" for line in text.rstrip("\n").split("\n"))


def as_json() -> bool:
    """Return whether lines are to be objects of JSON."""
    return bool(getattr(settings, "JOBS_LOG_FORMAT") == "json")  # noqa: B009 - which no stub knows


def _json() -> logging.Formatter:
    from project.json_lines import JsonLines  # noqa: PLC0415 - and structlog, only where it is asked for

    return JsonLines()


class _OfWorker(OneLine, ColorFormatter):
    pass


class _OfTask(OneLine, TaskFormatter):
    pass


@after_setup_logger.connect
def guard_worker(logger: logging.Logger, format: str, colorize: bool, **_: Any) -> None:
    """Have Celery's own lines, which name what came from the broker, written so."""
    for handler in logger.handlers:
        handler.setFormatter(_json() if as_json() else _OfWorker(format, use_color=colorize))


@after_setup_task_logger.connect
def guard_tasks(logger: logging.Logger, format: str, colorize: bool, **_: Any) -> None:
    """Have the lines of Celery's tasks written so."""
    for handler in logger.handlers:
        handler.setFormatter(_json() if as_json() else _OfTask(format, use_color=colorize))
