"""Keeps with an attempt what its body says by `print`, `logging` and `warnings`, which goes where it went before, too.

Installed once in a worker's process, in a pool child too. Outside of bodies a hook is one look at a context variable.
"""

from __future__ import annotations

import copy
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TextIO

from jobs.clock import clock
from jobs.targets.raised import said
from jobs.worker.run.current import here

# Streams and warnings as loggers: what they say is kept already.
TWICE = ("celery.redirected", "py.warnings")
MOST_WARNINGS = 10_000  # different ones that a process remembers to have shown

_forwarding = threading.local()  # `on`: a handler may write to a stream that is heard itself
_hooked = threading.Lock()
_shown: set[tuple[str, type[Warning], str, int]] = set()


def install() -> None:
    """Hear from now on what bodies say; call it again where streams have been replaced, as by Celery in each pool
    child."""
    if not isinstance(sys.stdout, Heard):
        sys.stdout = Heard(sys.stdout, "stdout")
    if not isinstance(sys.stderr, Heard):
        sys.stderr = Heard(sys.stderr, "stderr")
    if _hooked.acquire(blocking=False):
        logging.Logger.callHandlers = _hearing(logging.Logger.callHandlers)  # type: ignore[method-assign]
        warnings.simplefilter("always", append=True)  # else only the first body of a process would hear of one
    if getattr(warnings.showwarning, "heard", None) is None:
        warnings.showwarning = _warning(warnings.showwarning)


class Heard:
    """A stream, each line of which is also kept with the body that writes it."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def write(self, text: str) -> int:
        body = here()
        if body is not None and text and not getattr(_forwarding, "on", False):
            body.execution.write(str(text), clock.timestamp(), self._name)
            self._stream.write(body.execution.clean(text))
            return len(text)
        return self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _hearing(call_handlers: Callable[..., None]) -> Any:
    @wraps(call_handlers)
    def heard(self: logging.Logger, record: logging.LogRecord) -> None:
        body = here()
        if body is None or record.name in TWICE:
            call_handlers(self, record)
            return
        at, level = clock.timestamp(), record.levelname.lower()
        text = _text(record)
        shown = body.execution.clean(text)
        for line in shown.split("\n"):
            body.execution.line(line, at, level, record.name)
        _pass_on(call_handlers, self, record if shown == text else _as_shown(record, shown))

    return heard


def _text(record: logging.LogRecord) -> str:
    try:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
    except Exception as error:  # noqa: BLE001 - its handlers report that
        text = f"{record.msg!s} (cannot be formatted: {said(error)})"
    return text


def _as_shown(record: logging.LogRecord, text: str) -> logging.LogRecord:
    """Return the record for its handlers with this text, which has its traceback in it, and nothing else of it."""
    shown = copy.copy(record)
    shown.msg, shown.args, shown.exc_info, shown.exc_text = text, None, None, None
    return shown


def _warning(show: Callable[..., Any]) -> Any:
    """Wrap the showing of warnings: each body hears of a warning; the process, as ever, only once from one place."""

    def heard(message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: Any) -> None:
        body = here()
        if body is not None:
            text = f"{category.__name__}: {message} ({filename}:{lineno})"
            body.execution.line(text, clock.timestamp(), "warning", "warnings")
            if (shown := body.execution.clean(str(message))) != str(message):
                message = shown
        key = str(message), category, filename, lineno
        if key not in _shown:
            if len(_shown) < MOST_WARNINGS:
                _shown.add(key)
            _pass_on(show, message, category, filename, lineno, *rest)

    heard.heard = True  # type: ignore[attr-defined]
    return heard


def _pass_on(call: Callable[..., Any], *args: Any) -> None:
    """Pass on to where it would have gone."""
    before = getattr(_forwarding, "on", False)
    _forwarding.on = True
    try:
        call(*args)
    finally:
        _forwarding.on = before
