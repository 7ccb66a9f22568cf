"""The log of events: nothing else in `jobs/` calls a logger, but for what a body says itself."""

from __future__ import annotations

import logging
import sys

from jobs.events.event import Event

EMITTER = 2  # frames from here to whoever has emitted: the record names that line

_loggers: dict[type[Event], logging.Logger] = {}


def write(event: Event) -> None:
    """Write the line of this event, if its level is on. Its record has the fields as `args`, its name as `event`, and
    itself as `said`."""
    kind = type(event)
    logger = _loggers.get(kind)
    if logger is None:
        logger = _loggers[kind] = logging.getLogger(kind.logger)
    if not logger.isEnabledFor(kind.level):
        return
    words = event.words()
    error = getattr(event, "error", None) if kind.traceback else None
    # As `Logger.log` does, which takes three times as long to find the line: a worker writes one for each job.
    emitter = sys._getframe(EMITTER)
    record = logger.makeRecord(
        logger.name,
        kind.level,
        emitter.f_code.co_filename,
        emitter.f_lineno,
        kind.text,
        (words,) if words else (),
        None if error is None else (type(error), error, error.__traceback__),
        emitter.f_code.co_name,
        {"event": kind.__name__},
    )
    record.said = event
    record.stack_info = event.below or None  # which formatters write below the line
    logger.handle(record)
