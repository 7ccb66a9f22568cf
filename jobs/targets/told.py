"""What a body and its worker tell each other while it runs. From any thread; nothing here waits."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from typing import Any

MOST_LINES = 200
MOST_BYTES = 16_384  # of all lines together
LONGEST_LINE = 2_000  # characters; the rest of it is cut off
LONGEST_NOTE = 200  # characters


class Told:
    """Of one start. `asked` is why the body is to stop, empty while nobody wants it to; `prepared` is what the target
    made ready before its time; `on_progress` is called with the context when the body has said how far it is."""

    __slots__ = ("_bytes", "_interrupt", "_lock", "asked", "lines", "more", "note", "on_progress", "prepared", "share")

    def __init__(self) -> None:
        self.prepared: Any = None
        self.asked = ""
        self.lines: list[dict[str, str]] = []
        self.more = 0
        self.share: float | None = None
        self.note = ""
        self.on_progress: Callable[[Any], object] | None = None
        self._bytes = 0
        self._lock = Lock()
        self._interrupt: Callable[[], object] | None = None

    def line(self, text: str, at: float) -> None:
        """Keep a line, said `at` (seconds since the epoch); beyond the bounds it is only counted."""
        text = text[:LONGEST_LINE]
        size = len(text.encode("utf-8", "backslashreplace"))
        with self._lock:
            if self.more or len(self.lines) >= MOST_LINES or self._bytes + size > MOST_BYTES:
                self.more += 1
                return
            self._bytes += size
            when = datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="milliseconds")
            self.lines.append({"at": when, "level": "info", "text": text})

    @property
    def log(self) -> dict[str, Any] | None:
        """What is kept with the attempt; None when nothing was said."""
        with self._lock:
            if not self.lines and not self.more:
                return None
            return {"lines": list(self.lines), "more": self.more}

    def progress(self, share: object, note: str) -> bool:
        """Whether it was taken. What is no share at all is left out: a report must not fail its job."""
        with suppress(TypeError, ValueError, OverflowError):
            number = float(share)  # type: ignore[arg-type]
            if math.isfinite(number):
                self.share, self.note = min(max(number, 0.0), 1.0), note[:LONGEST_NOTE]
                return True
        return False

    def ask(self, why: str) -> None:
        """The body is to stop."""
        with self._lock:
            if self.asked:
                return
            self.asked = why
            interrupt = self._interrupt
        if interrupt is not None:
            with suppress(RuntimeError):  # its loop has just ended
                interrupt()

    def interruptible(self, interrupt: Callable[[], object] | None) -> None:
        """How this body is stopped from outside; None: not (any more)."""
        with self._lock:
            self._interrupt = interrupt
            asked = self.asked
        if asked and interrupt is not None:
            interrupt()
