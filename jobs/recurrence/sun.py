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
# Two answers of the astronomers for one event differ by less, two events by more.
APART = timedelta(hours=1)
SEARCHED = 800  # solar days: a polar night, and more than two years
LAST_YEAR = 2500  # what is reckoned for later years is no better than a guess


def instants(rule: Sun, moment: datetime) -> Iterator[datetime]:
    """Yield the instants of the event after `moment`, to the second; none where there is none for two years."""
    method, height, middle = EVENTS[rule.event]
    observer = ephem.Observer()
    observer.lat, observer.lon = str(rule.latitude), str(rule.longitude)
    observer.elevation, observer.pressure, observer.horizon = 0, 0, height
    middle_counts = {"use_center": True} if middle else {}
    body = ephem.Sun()
    start, missed = moment - APART, 0
    while missed < SEARCHED and start.year <= LAST_YEAR and start < LATEST:
        try:
            found = getattr(observer, method)(body, start=ephem.Date(start), **middle_counts).datetime()
        except ephem.CircumpolarError:
            missed += 1
            start = observer.next_antitransit(body, start=ephem.Date(start)).datetime() + timedelta(seconds=1)
            continue
        missed = 0
        start = found + APART
        instant = found.replace(microsecond=0)
        if instant > moment:
            yield instant
