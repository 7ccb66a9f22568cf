"""Logs of the processes of a round: whatever raised is in there."""

from __future__ import annotations

import re
from pathlib import Path

# Celery writes `[time: ERROR/MainProcess] ...`, our own handler `time ERROR logger ...`.
TROUBLE = re.compile(r"^Traceback \(most recent call last\)|^\[[^\]]*: (ERROR|CRITICAL)/|^\S+ \S+ (ERROR|CRITICAL) ")
WARNING = re.compile(r"^\[[^\]]*: (WARNING|ERROR|CRITICAL)/|^\S+ \S+ (WARNING|ERROR|CRITICAL) ")
LAST_LINES = 15
SHOWN = 5  # lines of trouble told of one log


def trouble(log: Path, *, start: int = 0) -> list[str]:
    """The lines of a log, from byte `start`, that say that something raised, the first few, with its name."""
    lines = [line for line in _lines(log, start) if TROUBLE.search(line)]
    shown = [f"{log.name}: {line}" for line in lines[:SHOWN]]
    if len(lines) > SHOWN:
        shown.append(f"{log.name}: {len(lines) - SHOWN} more lines like these")
    return shown


def last_words(log: Path) -> str:
    """The end of a log."""
    return "\n".join(_lines(log)[-LAST_LINES:])


def last_warning(log: Path) -> str:
    """The last line of a log that warns of something; "" if there is none."""
    return next((line for line in reversed(_lines(log)) if WARNING.search(line)), "")


def length(log: Path) -> int:
    """Return the length in bytes; 0 if there is no file."""
    return log.stat().st_size if log.exists() else 0


def _lines(log: Path, start: int = 0) -> list[str]:
    return log.read_bytes()[start:].decode(errors="replace").splitlines() if log.exists() else []
