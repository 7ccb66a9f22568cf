"""Execution of a body: what it and its worker tell each other. From any thread; nothing here waits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Lock
from typing import Any

from jobs import secrets
from jobs.targets.lines import Lines

LONGEST_NOTE = 200  # characters


class Execution:
    """Start of a job, as its body and its worker see it. `asked` is why the body is to stop, empty while nobody wants
    it to; `prepared` is what the target made ready before its time; `on_progress` is called with the context when
    the body has said how far it is.
    """

    __slots__ = ("_clean", "_interrupt", "_lock", "_log", "asked", "note", "on_progress", "prepared", "share")

    def __init__(self) -> None:
        self.prepared: Any = None
        self.asked = ""
        self._log: Lines | None = None  # most have nothing to say
        self.share: float | None = None
        self.note = ""
        self.on_progress: Callable[[Any], object] | None = None
        self._lock = Lock()
        self._interrupt: Callable[[], object] | None = None
        self._clean: secrets.Cleaner | None = None  # most have no secrets

    def hide(self, values: Iterable[str]) -> None:
        """Have stars stand for these secrets in all that the body says from now on, and in how it ends. Once, before
        any code of the target's."""
        self._clean = secrets.cleaner(values)

    def clean(self, text: str) -> str:
        """Return the text without secrets of this start."""
        return text if self._clean is None else self._clean(text)

    def clean_cut(self, text: str, *, before: bool = False, after: bool = False) -> str:
        """Return a text that was cut off before or after, without secrets and what may be a part of one there."""
        if self._clean is None or not (before or after):
            return self.clean(text)
        return self._clean.cut(text, before=before, after=after)

    def line(self, text: str, at: float, level: str = "info", source: str = "") -> None:
        """Keep a line, said `at` (seconds since the epoch), by ctx.log or by a `source`; beyond the bounds those in the
        middle are only counted."""
        with self._lock:
            self._kept.add(text, at, level, source)

    def write(self, text: str, at: float, source: str) -> None:
        """Keep what was written to a stream, by lines; the last one may have no end yet."""
        with self._lock:
            self._kept.write(text, at, source)

    @property
    def _kept(self) -> Lines:
        if self._log is None:
            self._log = Lines(self._clean)
        return self._log

    @property
    def log(self) -> dict[str, Any] | None:
        """Return what is kept with the attempt; None when nothing was said."""
        with self._lock:
            return None if self._log is None else self._log.kept()

    def progress(self, share: object, note: str) -> bool:
        """Store how far the body is; return whether it was a share. No other is an error: a report must not fail it."""
        with suppress(TypeError, ValueError, OverflowError):
            number = float(share)  # type: ignore[arg-type]
            if math.isfinite(number):
                self.share, self.note = min(max(number, 0.0), 1.0), self.clean(note)[:LONGEST_NOTE]
                return True
        return False

    def ask(self, why: str) -> None:
        """Ask the body to stop. Only the first reason counts."""
        with self._lock:
            if self.asked:
                return
            self.asked = why
            interrupt = self._interrupt
        if interrupt is not None:
            with suppress(RuntimeError):  # its loop has just ended
                interrupt()

    def interruptible(self, interrupt: Callable[[], object] | None) -> None:
        """Set how this body is stopped from outside; None: not (any more)."""
        with self._lock:
            self._interrupt = interrupt
            asked = self.asked
        if asked and interrupt is not None:
            interrupt()
