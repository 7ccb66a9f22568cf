"""The database's clock, stopped, for tests: it stands until it is moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from jobs.clock import DatabaseClock, Reading


class FrozenClock:
    """Puts itself in the place of a process's clock. `set` is pytest's `monkeypatch.setattr`, or does the same."""

    def __init__(self, clock: DatabaseClock, set_: Callable[[object, str, object], None]) -> None:
        self.now = clock.current()
        set_(clock, "_reading", Reading(0.0, 0.0))  # what was measured is exact
        set_(clock, "timestamp", self.timestamp)
        set_(clock, "now", lambda: self.now)
        set_(clock, "current", lambda: self.now)
        set_(clock, "likely", lambda timestamp: datetime.fromtimestamp(timestamp, tz=UTC))
        set_(clock, "measure", lambda samples=0: 0.0)

    def timestamp(self) -> float:
        """Return what it shows, in seconds since the epoch."""
        return self.now.timestamp()

    def move_to(self, moment: datetime) -> None:
        """Have it be this moment. Raises ValueError for one without a zone, or before now."""
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no zone; give an aware datetime, such as datetime(..., tzinfo=UTC).")
        if moment < self.now:
            raise ValueError(f"It is {shown(self.now)} already; the clock goes only forward, not to {shown(moment)}.")
        self.now = moment.astimezone(UTC)


def shown(moment: datetime) -> str:
    """Return a moment for people."""
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}{fraction} UTC"
