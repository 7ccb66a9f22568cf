"""The log of events: nothing else in `jobs/` calls a logger, but for what a body says itself."""

from __future__ import annotations

import logging

from jobs.events.event import Event

EMITTER = 3  # frames from here to whoever has emitted: the record names that line

_loggers: dict[type[Event], logging.Logger] = {}


def write(event: Event) -> None:
    """Write the line of this event, if its level is on. Its record has the fields as `args`, and `event`, its name."""
    kind = type(event)
    logger = _loggers.get(kind)
    if logger is None:
        logger = _loggers[kind] = logging.getLogger(kind.logger)
    if not logger.isEnabledFor(kind.level):
        return
    words = event.words()
    logger.log(
        kind.level,
        kind.text,
        *([words] if words else []),
        exc_info=getattr(event, "error", None) if kind.traceback else None,
        stacklevel=EMITTER,
        extra={"event": kind.__name__},
    )
