"""Validation of a calendar: what is wrong with it, field -> sentences that say what to write instead."""

from __future__ import annotations

import re
from datetime import time

from jobs.calendars import zones
from jobs.calendars.publicholidays import place_problems
from jobs.calendars.snapshot import EVERY_DAY, OwnRange, Snapshot

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
MOST_RANGES = 1000  # of one calendar: all are read where any is looked at


def problems(calendar: Snapshot) -> dict[str, list[str]]:
    """Return what is wrong, by field; empty for a sound calendar. The arithmetic takes no other."""
    found = {
        "name": _name_problems(calendar.name),
        "time_zone": zones.problems(calendar.time_zone),
        "days": _day_problems(calendar.days),
        "open_until": _hours_problems(calendar),
        "holidays_of": place_problems(calendar.holidays_of),
        "ranges": _ranges_problems(calendar.ranges),
    }
    return {field: sentences for field, sentences in found.items() if sentences}


def new_problems(calendar: Snapshot, stored_zone: str | None) -> dict[str, list[str]]:
    """Return what is wrong with a calendar to be written. `stored_zone`, its zone so far, may stay; None: it is new."""
    found = problems(calendar)
    if calendar.time_zone != stored_zone and (wrong := zones.new_problems(calendar.time_zone)):
        found["time_zone"] = wrong
    return found


def range_problems(own: OwnRange) -> list[str]:
    if own.starts >= own.ends:
        return [f"This range ends at {own.ends} and begins at {own.starts}; it must end after it begins."]
    return []


def _name_problems(name: str) -> list[str]:
    if re.fullmatch(NAME_PATTERN, name):
        return []
    return ["A calendar's name has 1 to 100 letters, digits, dots, dashes and underscores."]


def _day_problems(days: frozenset[int]) -> list[str]:
    return [] if days <= EVERY_DAY else ["There are seven days in a week; give some of these."]


def _hours_problems(calendar: Snapshot) -> list[str]:
    begin, end = calendar.open_from, calendar.open_until
    if (begin is not None and begin.tzinfo) or (end is not None and end.tzinfo):
        return ["Hours are of the calendar's own zone; give them without another."]
    if end is None or end != (begin or time.min):
        return []
    return ["These hours end when they begin; leave both empty for all day, or the end for midnight."]


def _ranges_problems(ranges: tuple[OwnRange, ...]) -> list[str]:
    if len(ranges) > MOST_RANGES:
        return [f"These are {len(ranges)} ranges; {MOST_RANGES} at most: take out those that are over."]
    return [sentence for own in ranges for sentence in range_problems(own)]
