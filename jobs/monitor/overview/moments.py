"""Moments of the past that the overview is asked for: which stretch of the figures they mean, and how far back there
are any."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jobs.models.rollups.removing import KEPT
from jobs.models.rollups.series import Asked
from jobs.monitor.overview.trends import HOUR, HOURS, LAG, MINUTES, begins
from jobs.web import parsing
from jobs.web.appearance import shown

DAY = timedelta(days=1)
MOVES = (("1 day", DAY), ("1 h", HOUR), ("10 min", timedelta(minutes=10)))
PLUS_SENT_BARE = re.compile(r" (\d\d:\d\d)$")  # in an address a plus sign is a space
ROOT = "/"


class NoSuchPast(ValueError):
    """Refusal of a moment of which nothing can be shown; the message says why, and what to do."""


@dataclass(frozen=True)
class Moment:
    """A moment of the past, and the span whose last stretch it is in: an hour by its minutes, or a day by its hours."""

    at: datetime
    zone: ZoneInfo
    asked: Asked
    page: str = ROOT

    @property
    def stretch(self) -> tuple[datetime, datetime]:
        """Return when the stretch begins and ends in which it is."""
        return self.asked.until - timedelta(seconds=self.asked.step), self.asked.until

    @property
    def step_words(self) -> str:
        return "minute" if self.asked.step == MINUTES else "hour"

    @property
    def typed(self) -> str:
        """Return it as a field for a time has it, in its zone."""
        return f"{self.at.astimezone(self.zone):%Y-%m-%dT%H:%M}"

    @property
    def is_utc(self) -> bool:
        return self.zone.key == "UTC"

    @property
    def local(self) -> str:
        """Return it on the clocks of its zone."""
        return f"{self.at.astimezone(self.zone):%Y-%m-%d %H:%M} {self.zone.key}"

    def address(self, at: datetime) -> str:
        """Return the address of another moment, which says its zone as this one does."""
        return address(at, self.zone, self.page)


def address(at: datetime, zone: ZoneInfo, page: str = ROOT) -> str:
    """Return the address of this page at this moment."""
    if zone.key == "UTC":
        return f"{page}?at={at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    local = at.astimezone(zone).isoformat(timespec="minutes")
    return f"{page}?{urlencode({'at': local, 'zone': zone.key})}"


def moment(text: str, zone_name: str, now: datetime, page: str = ROOT) -> Moment:
    """Return the moment that is meant; what says no zone is of the one that is named beside it, UTC where none is.
    Raises NoSuchPast. One statement, at most every KEPT_FOR seconds."""
    try:
        zone = parsing.zone(zone_name) if zone_name.strip() else ZoneInfo("UTC")
        said = parsing.moment(PLUS_SENT_BARE.sub(r"+\1", text))
        at = (said if said.tzinfo else parsing.in_zone(said, zone)).astimezone(UTC)
    except parsing.Unreadable as error:
        raise NoSuchPast(str(error)) from None
    except OverflowError:
        raise NoSuchPast("There are no figures of that time.") from None
    if at > now:
        raise NoSuchPast(f"{_words(at)} lies in the future: what will be is not counted yet.")
    if now - at > KEPT[HOURS]:
        raise NoSuchPast(f"Figures are kept for {KEPT[HOURS].days} days; {_words(at)} is longer ago.")
    asked = _span(at, now)
    begin = begins(asked.step)
    if begin is None:
        raise NoSuchPast("There are no figures yet: the leading beat counts them, and none has led so far.")
    if at < begin:
        raise NoSuchPast(f"{_words(at)} is before the figures begin, at {_words(begin)}.")
    return Moment(at, zone, asked, page)


def _span(at: datetime, now: datetime) -> Asked:
    """Return the hour by its minutes that ends with this one, or where these are gone the day by its hours."""
    for step, back in ((MINUTES, HOUR), (HOURS, DAY)):
        begin = datetime.fromtimestamp(at.timestamp() // step * step, UTC)
        until = begin + timedelta(seconds=step)
        if until - back >= now - KEPT[step]:
            break
    return Asked(until - back, until, step)


def typed(at: datetime) -> dict[str, str]:
    """Return what the fields of another moment have at first: by the clocks of whoever looks."""
    zone = shown.zone()
    return {"at": f"{at.astimezone(zone):%Y-%m-%dT%H:%M}", "zone": zone.key}


def is_over(found: Moment, now: datetime) -> bool:
    """Return whether all of its stretch has been counted."""
    return found.asked.until + LAG <= now


def back_from(now: datetime, page: str = ROOT) -> list[tuple[str, str]]:
    """Return the moves back from now."""
    return [(f"{words} ago", address(now - by, ZoneInfo("UTC"), page)) for words, by in reversed(MOVES)]


def earlier(found: Moment) -> list[tuple[str, str]]:
    """Return the moves back, as they are called, with their addresses."""
    return [(f"{words} earlier", found.address(found.at - by)) for words, by in MOVES]


def later(found: Moment, now: datetime) -> list[tuple[str, str]]:
    """Return the moves forward that do not lead into the future."""
    return [(f"{words} later", found.address(found.at + by)) for words, by in reversed(MOVES) if found.at + by <= now]


def _words(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
