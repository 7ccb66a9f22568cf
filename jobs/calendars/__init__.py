"""Calendars, when jobs may start: arithmetic on what was read of one, without the database or a clock.

One rule for all of it: a moment is open if the wall clock of the calendar's zone, read at that moment, shows an open
time. So a wall time that does not exist opens nothing, and one that there is twice is open both times.
"""

from jobs.calendars.opening_hours import (
    LAST_INSTANT,
    SEARCHED,
    NeverOpen,
    Opening,
    is_open,
    next_opening,
    openings,
    previous_open,
    why_closed,
)
from jobs.calendars.placement import Placed, place
from jobs.calendars.snapshot import DAYS, EVERY_DAY, WORKDAYS, OwnRange, Snapshot
from jobs.calendars.validation import new_problems, problems, range_problems

__all__ = [
    "DAYS",
    "EVERY_DAY",
    "LAST_INSTANT",
    "SEARCHED",
    "WORKDAYS",
    "NeverOpen",
    "Opening",
    "OwnRange",
    "Placed",
    "Snapshot",
    "is_open",
    "new_problems",
    "next_opening",
    "openings",
    "place",
    "previous_open",
    "problems",
    "range_problems",
    "why_closed",
]
