"""Windows are aligned to the clock (epoch / W), so that every process knows the phase without asking."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Window:
    """[start, end) on the database's clock; its one list query reaches to `horizon`."""

    start: datetime
    length: timedelta
    look_ahead: timedelta

    @property
    def end(self) -> datetime:
        return self.start + self.length

    @property
    def horizon(self) -> datetime:
        """Jobs due before this are listed in this window, or published at commit if they come later."""
        return self.end + self.look_ahead


def window_at(now: datetime, length: float, look_ahead: float) -> Window:
    """The window that `now` lies in; `length` and `look_ahead` in seconds."""
    start = math.floor(now.timestamp() / length) * length
    return Window(
        start=datetime.fromtimestamp(start, tz=UTC),
        length=timedelta(seconds=length),
        look_ahead=timedelta(seconds=look_ahead),
    )
