"""What the processes of the round said: whatever raised is in there."""

from __future__ import annotations

import re
from pathlib import Path

# Celery writes `[time: ERROR/MainProcess] ...`, our own handler `time ERROR logger ...`.
TROUBLE = re.compile(r"^Traceback \(most recent call last\)|^\[[^\]]*: (ERROR|CRITICAL)/|^\S+ \S+ (ERROR|CRITICAL) ")
LAST_LINES = 15
TOLD = 5  # lines of trouble told of one log


def trouble(log: Path) -> list[str]:
    """The lines of a log that say that something raised, the first few, with its name."""
    lines = [line for line in _lines(log) if TROUBLE.search(line)]
    told = [f"{log.name}: {line}" for line in lines[:TOLD]]
    if len(lines) > TOLD:
        told.append(f"{log.name}: {len(lines) - TOLD} more lines like these")
    return told


def last_words(log: Path) -> str:
    """The end of a log."""
    return "\n".join(_lines(log)[-LAST_LINES:])


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines() if log.exists() else []
