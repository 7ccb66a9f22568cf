"""The lines that a body has said, within bounds: the first and the last of them, and how many are missing between."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any

from jobs.secrets import Cleaner

MOST_LINES = 200  # the first half of them and the last, as of the bytes
MOST_BYTES = 16_384  # of all lines together
LONGEST_LINE = 2_000  # characters; the rest of it is cut off


Line = dict[str, str]


class Lines:
    """Lines of one start, each without what `clean` takes out of it. Whoever uses them has a lock."""

    __slots__ = ("_bytes", "_clean", "_first", "_full", "_last", "_more", "_open")

    def __init__(self, clean: Cleaner | None = None) -> None:
        self._clean = clean
        self._first: list[Line] = []
        self._last: deque[tuple[int, Line]] = deque()
        self._bytes = [0, 0]  # of the first and of the last
        self._full = False
        self._more = 0
        self._open: dict[str, tuple[float, str]] = {}  # by stream: a line without an end, and when it began

    def add(self, text: str, at: float, level: str, source: str) -> None:
        text = (text if self._clean is None else self._clean(text))[:LONGEST_LINE]  # before a half of one is cut off
        size = len(text.encode("utf-8", "backslashreplace"))
        when = datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="milliseconds")
        line = {"at": when, "level": level, "text": text} | ({"from": source} if source else {})
        self._full = self._full or len(self._first) == MOST_LINES // 2 or self._bytes[0] + size > MOST_BYTES // 2
        if not self._full:
            self._first.append(line)
            self._bytes[0] += size
            return
        self._last.append((size, line))
        self._bytes[1] += size
        while len(self._last) > MOST_LINES // 2 or self._bytes[1] > MOST_BYTES // 2:
            self._bytes[1] -= self._last.popleft()[0]
            self._more += 1

    def write(self, text: str, at: float, source: str) -> None:
        since, begun = self._open.pop(source, (at, ""))
        *whole, rest = (begun + text).split("\n")
        for line in whole:
            self.add(_shown(line), since, "info", source)
            since = at
        if rest:  # a progress bar may write for ever without an end of a line
            # As it came, with more than is kept of it: what was begun here may be written to its end.
            most = LONGEST_LINE + (0 if self._clean is None else 4 * self._clean.longest)
            self._open[source] = since, _shown(rest)[:most] + "\r" * rest.endswith("\r")

    def kept(self) -> dict[str, Any]:
        """Return the lines as JSON. `more` lines are missing, after so many (`cut_after`)."""
        for source, (at, rest) in self._open.items():
            self.add(_shown(rest), at, "info", source)
        self._open.clear()
        said: dict[str, Any] = {"lines": [*self._first, *(line for _, line in self._last)], "more": self._more}
        return said | ({"cut_after": len(self._first)} if self._more else {})


def _shown(line: str) -> str:
    """Return what a terminal would show of the line: a carriage return begins it anew."""
    return line.rstrip("\r").rpartition("\r")[2] if "\r" in line else line
