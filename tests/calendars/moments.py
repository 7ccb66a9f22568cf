"""Moments and calendars, short to write."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from jobs.calendars import OwnRange, Snapshot


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text, zone, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def own(starts, ends, *, is_open=False, label=""):
    return OwnRange(datetime.fromisoformat(starts), datetime.fromisoformat(ends), is_open, label)


def calendar(days="01234", hours=None, **more):
    """Days by number, 0 is Monday; hours such as 9:00-17:00."""
    begin, end = [time.fromisoformat(text.zfill(5)) if text else None for text in (hours or "-").split("-")]
    return Snapshot("office", days=frozenset(map(int, days)), open_from=begin, open_until=end, **more)
