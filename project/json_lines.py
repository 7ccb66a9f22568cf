"""Lines of the log as JSON, one object a record, whoever has said it. Imported only where JOBS_LOG_FORMAT says json."""

from __future__ import annotations

import json
import logging
import math
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any

import structlog
from celery import Celery, signals
from celery._state import get_current_task

from jobs import traceparent
from jobs.events import Event
from jobs.events.attempts import AttemptEnded
from jobs.web.filling.log import without_secrets

LONGEST = 4_000  # characters of a text: hosts of containers part lines at 16 KiB
LONGEST_STORY = 8_000  # characters of a traceback, whose end says most
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "event", "said", "data"}
PLAIN = (str, int, float, bool, type(None))
COMMANDS = ("worker", "beat", "inspect", "control", "shell", "multi", "events")

_HOST = socket.gethostname()


class JsonLines(logging.Formatter):
    """Formatter whose records are one object of JSON each. Never raises for what a record has in it."""

    def __init__(self) -> None:
        super().__init__()
        self._write = json.JSONEncoder(default=_text).encode
        self._process = role()

    def format(self, record: logging.LogRecord) -> str:
        try:
            return self._write(self._line(record, record.getMessage()))
        except Exception as error:  # noqa: BLE001 - its words and values do not fit, or have no text
            words = f"{record.msg!r} (cannot be formatted: {type(error).__name__})"
            plain = logging.LogRecord(record.name, record.levelno, record.pathname, record.lineno, words, (), None)
            plain.created, plain.threadName = record.created, record.threadName
            return self._write(self._line(plain, words))

    def _line(self, record: logging.LogRecord, words: str) -> dict[str, Any]:
        """Return the object of a record. Secrets of links and of the start whose body has said it are stars, as in
        every log."""
        body, event = _body(), getattr(record, "said", None)
        clean = without_secrets if body is None else _cleaning(body)
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:23] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": clean(words)[:LONGEST],
            "process": self._process,
            "pid": record.process or os.getpid(),
            "thread": record.threadName,
            "host": _HOST,
        }
        fields = _fields(record, event)
        if event is not None:
            line["event"] = type(event).__name__
        for name in ("job_id", "attempt"):
            value = fields.pop(name, None) if body is None else fields.pop(name, getattr(body.context, name))
            if value is not None:
                line[name] = value
        line |= _trace(line, event, body)
        if fields:
            line["fields"] = {name: _value(value, clean) for name, value in fields.items()}
        if record.exc_info:
            line["exception"] = clean(_story(record.exc_info))[-LONGEST_STORY:]
        if event is None and record.stack_info:
            line["stack"] = clean(str(record.stack_info))[-LONGEST_STORY:]
        return line


def _cleaning(body: Any) -> Callable[[str], str]:
    return lambda text: body.execution.clean(without_secrets(text))


def _trace(line: dict[str, Any], event: Event | None, body: Any) -> dict[str, str]:
    """Return the trace of what a line is about: that of the start or, where starts have none, of the job's creator."""
    if "job_id" not in line or "attempt" not in line:
        return {}
    found = traceparent.of_attempt(line["job_id"], line["attempt"])
    if found is not None:
        return {"trace_id": found[3:35], "span_id": found[36:52]}
    found = body.context.traceparent if body is not None else _creators(event)
    return {} if found is None else {"trace_id": found[3:35]}


def _creators(event: Event | None) -> str | None:
    end = event.end if isinstance(event, AttemptEnded) else None
    return getattr(getattr(end, "started", None), "traceparent", None)


def _fields(record: logging.LogRecord, event: Event | None) -> dict[str, Any]:
    """Return what a record says beside its words: the fields of an event, else the plain values of `extra`."""
    if event is not None:
        fields = {name: value for name, value in vars(event).items() if name not in event.unsaid}
        if event.traceback:
            fields.pop("error", None)  # stands with its traceback
        return fields
    fields = {name: value for name, value in vars(record).items() if name not in STANDARD and isinstance(value, PLAIN)}
    task = get_current_task()
    if task is not None and task.request:
        fields |= {"celery_task": task.name, "celery_task_id": task.request.id}
    return fields


def _value(value: object, clean: Callable[[str], str]) -> object:
    if isinstance(value, bool | int | float | None):
        return value if not isinstance(value, float) or math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return clean(_text(value))[:LONGEST]


def _text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else str(value)


def _story(error: Any) -> str:
    return "".join(traceback.format_exception(*error))


def _body() -> Any:
    """Return the body that this code runs for; None outside of a worker."""
    current = sys.modules.get("jobs.worker.run.current")
    return None if current is None else current.here()


def role() -> str:
    """Return what this process is, by its command line: web, beat, worker, or a management command."""
    program, words = sys.argv[0] if sys.argv else "", sys.argv[1:]
    if "celery" in program:
        return next((word for word in words if word in COMMANDS), "celery")
    if os.path.basename(program) == "manage.py":
        return f"manage.py {words[0]}" if words else "manage.py"
    return "web" if "web" in program or "gunicorn" in program or "uvicorn" in program else os.path.basename(program)


def take_over(app: Celery) -> None:
    """Have what this process would say beside its log stand in its log: Celery's banners are left out, and errors that
    nobody has caught, warnings and what targets say by structlog are lines."""
    if role() == "beat":
        app.Beat = app.subclass_with_self(_quiet_beat())  # type: ignore[misc]
    signals.celeryd_init.connect(_quiet_worker)
    logging.captureWarnings(True)
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _uncaught_in_thread
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.render_to_log_kwargs,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _quiet_beat() -> type:
    from celery.apps.beat import Beat  # noqa: PLC0415 - beat's own

    class QuietBeat(Beat):
        """Celery's beat without its banner."""

        def run(self) -> None:
            self.quiet = True
            super().run()

    return QuietBeat


def _quiet_worker(instance: Any, **_: Any) -> None:
    from celery.apps import worker  # noqa: PLC0415 - a worker's own

    instance.quiet = True
    worker.safe_say = _say  # type: ignore[attr-defined]


def _say(words: str, *_: Any) -> None:
    """Say what a worker says from a handler of signals, past all locks."""
    record = logging.LogRecord("celery.worker", logging.INFO, __file__, 0, words, (), None)
    os.write(2, f"{JsonLines().format(record)}\n".encode())


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("project").critical("this process ends by an error", exc_info=(kind, error, trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        said = (args.exc_type, args.exc_value, args.exc_traceback)
        logging.getLogger("project").error("a thread ended by an error", exc_info=said)
