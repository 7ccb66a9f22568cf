"""Events of the sun at a place, as celery reckons them: the same horizons, no refraction but the usual 34 minutes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from jobs.recurrence.rule import Sun
from jobs.recurrence.stretches import LATEST

ephem: Any = import_module("ephem")  # its types leave out what is written in C

#: Event -> how the observer finds it, the sun's height in degrees and minutes, and whether its middle counts.
EVENTS = {
    "dawn_astronomical": ("next_rising", "-18", True),
    "dawn_nautical": ("next_rising", "-12", True),
    "dawn_civil": ("next_rising", "-6", True),
    "sunrise": ("next_rising", "-0:34", False),
    "solar_noon": ("next_transit", "0", False),
    "sunset": ("next_setting", "-0:34", False),
    "dusk_civil": ("next_setting", "-6", True),
    "dusk_nautical": ("next_setting", "-12", True),
    "dusk_astronomical": ("next_setting", "-18", True),
}
DAY = timedelta(days=1)
APART = timedelta(hours=1)  # two events of one kind are further apart
SEARCHED = 800  # days: a polar night, and more than two years
LAST_YEAR = 2500  # what is reckoned for later years is no better than a guess


def instants(rule: Sun, moment: datetime) -> Iterator[datetime]:
    """Yield the instants of the event after `moment`, to the second; none where there is none for two years."""
    last, missed = moment, 0
    day = _begin_of_day(rule, moment) - DAY
    while missed < SEARCHED and day.year <= LAST_YEAR and day < LATEST - DAY:
        missed += 1
        for instant in _of_day(rule, day):
            missed = 0
            if instant > last:
                yield instant
                last = instant
        day += DAY


def _begin_of_day(rule: Sun, moment: datetime) -> datetime:
    """Return when the day of the event began, by the mean sun of the place: opposite to the event, so that none falls
    on the border of two days. The search always begins there: from elsewhere, the answer is a second off."""
    half = timedelta(hours=0 if rule.event == "solar_noon" else 12)
    of_place = timedelta(hours=rule.longitude / 15)
    local = moment + of_place - half
    return local.replace(hour=0, minute=0, second=0, microsecond=0) - of_place + half


def _of_day(rule: Sun, day: datetime) -> Iterator[datetime]:
    method, height, middle = EVENTS[rule.event]
    observer = ephem.Observer()
    observer.lat, observer.lon = str(rule.latitude), str(rule.longitude)
    observer.elevation, observer.pressure, observer.horizon = 0, 0, height
    middle_counts = {"use_center": True} if middle else {}
    start, end = day, day + DAY
    while start < end:
        try:
            found = getattr(observer, method)(ephem.Sun(), start=ephem.Date(start), **middle_counts).datetime()
        except ephem.CircumpolarError:
            # Of the turn of the sun that has begun; the next one may be another.
            start = observer.next_antitransit(ephem.Sun(), start=ephem.Date(start)).datetime() + timedelta(seconds=1)
            continue
        if found >= end:
            return
        yield found.replace(microsecond=0)
        start = found + APART
