"""A calendar as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from jobs.calendars import zones
from jobs.calendars.overlay import Gaps, Overlay

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WORKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True)
class OwnRange:
    """Range from a wall time up to, not including, another, open or closed whatever the rest of the calendar says."""

    starts: datetime  # naive: of the calendar's zone
    ends: datetime
    is_open: bool = False
    label: str = ""


@dataclass(frozen=True)
class Snapshot:
    """`days`: 0 is Monday. Hours of None: from or until midnight; until an earlier time than from: over midnight.
    `holidays_of`: a country of the package `holidays`, or one of its parts, such as DE or DE-BW; those days are
    closed."""

    name: str
    time_zone: str = "UTC"
    days: frozenset[int] = EVERY_DAY
    open_from: time | None = None
    open_until: time | None = None
    holidays_of: str = ""
    ranges: tuple[OwnRange, ...] = ()

    @cached_property
    def overlay(self) -> Overlay:
        """Ranges of the calendar, laid over each other once."""
        return Overlay(self.ranges)

    @cached_property
    def gaps(self) -> Gaps:
        """Gaps that searches for an opening have found closed."""
        return Gaps()

    @property
    def over_midnight(self) -> bool:
        """Return whether its hours end on the day after the one on which they begin."""
        return self.open_from is not None and self.open_until is not None and self.open_until < self.open_from

    @property
    def zone(self) -> ZoneInfo:
        return zones.find(self.time_zone)
