"""The log of events: nothing else in `jobs/` calls a logger, but for what a body says itself."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from asyncio import _get_running_loop
from collections.abc import Mapping
from types import CodeType
from typing import Any, NamedTuple

from jobs.events.event import Event

EMITTER = 3  # frames from where a record is made to whoever has emitted: it names that line
# Attributes of a record that no other has, or that are set for each.
OWN = ("args", "exc_info", "created", "msecs", "relativeCreated", "thread", "threadName")


class _Like(NamedTuple):
    """Parts of a record that the next of the same event has too, if it comes from the same line."""

    code: CodeType
    at: int  # of the instruction
    born: float  # when `logging` was imported
    parts: dict[str, Any]


_loggers: dict[type[Event], logging.Logger] = {}
_like: dict[type[Event], _Like] = {}

os.register_at_fork(after_in_child=_like.clear)  # which names the process


def write(event: Event) -> None:
    """Write the line of this event, if its level is on. Its record has the fields as `args`, its name as `event`, and
    itself as `said`."""
    kind = type(event)
    logger = _loggers.get(kind)
    if logger is None:
        logger = _loggers[kind] = logging.getLogger(kind.logger)
    if not logger.isEnabledFor(kind.level):
        return
    error = getattr(event, "error", None) if kind.traceback else None
    record = _record(kind, logger, event.words(), None if error is None else (type(error), error, error.__traceback__))
    record.said = event
    record.stack_info = event.below or None  # which formatters write below the line
    logger.handle(record)


def _record(kind: type[Event], logger: logging.Logger, words: Mapping[str, object], error: Any) -> logging.LogRecord:
    """Return the record of an event. `logging` makes the first of each line that emits; the next are like it, which
    costs a third: a worker writes one for each job. Not where a project has a say in records, or a task of asyncio its
    name in them."""
    emitter = sys._getframe(EMITTER)
    code, at = emitter.f_code, emitter.f_lasti
    alike = logging.getLogRecordFactory() is logging.LogRecord and _get_running_loop() is None
    like = _like.get(kind) if alike else None
    if like is not None and like.at == at and like.code is code:
        record = logging.LogRecord.__new__(logging.LogRecord)
        now, thread = time.time(), threading.current_thread()
        record.__dict__ = {
            **like.parts,
            "args": words or (),
            "exc_info": error,
            "created": now,
            "msecs": float(int((now - int(now)) * 1000)),
            "relativeCreated": (now - like.born) * 1000,
            "thread": thread.ident,
            "threadName": thread.name,
        }
        return record
    more, named = {"event": kind.__name__}, (code.co_filename, emitter.f_lineno, kind.text)
    record = logger.makeRecord(logger.name, kind.level, *named, (words,) if words else (), error, code.co_name, more)
    if alike and type(logger).makeRecord is logging.Logger.makeRecord:
        parts = {name: value for name, value in vars(record).items() if name not in OWN}
        _like[kind] = _Like(code, at, record.created - record.relativeCreated / 1000, parts)
    return record
