"""Reads when a job is to start, as people write it: now, in 10 minutes, tomorrow 09:00, 2026-12-24 18:00."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jobs.spans import span
from jobs.web import parsing
from jobs.web.parsing import Unreadable

HOW = (
    "This is not a date and time up to the year 9999; write now, in 10 minutes, tomorrow 09:00, 2026-12-24 18:00, or "
    "with its zone 2026-12-24T18:00:00+01:00."
)
SECONDS = {"second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "m": 60, "hour": 3600, "h": 3600} | {
    "day": 86_400,
    "d": 86_400,
    "week": 604_800,
    "w": 604_800,
}
PART = rf"(\d{{1,9}}|an?(?=\s))\s*({'|'.join(sorted(SECONDS, key=len, reverse=True))})s?(?![a-z])"
SPAN = re.compile(rf"in\s+{PART}(?:(?:\s*,\s*|\s+and\s+|\s*){PART})*", re.IGNORECASE)
TIME = r"(\d{1,2}):(\d{2})(?::(\d{2}))?"
OF_A_DAY = re.compile(rf"(?:(today|tomorrow)\s+)?(?:at\s+)?{TIME}", re.IGNORECASE)
SHORT_HOUR = re.compile(r"(\d{4}-\d\d-\d\d)[T ]+(\d:.*)", re.IGNORECASE)
IN_UTC = re.compile(r"\s+(?:UTC|GMT)$", re.IGNORECASE)


def moment(text: str, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the moment that is meant, None for now. What names neither a zone nor a span is of this `zone`; a day of a
    span has 24 hours, whatever clocks do. Raises Unreadable."""
    text = text.strip()
    if text.lower() in ("", parsing.NOW):
        return None
    if is_from_now(text):
        return _from_now(text, now)
    if found := OF_A_DAY.fullmatch(text):
        day, *parts = found.groups()
        date = now.astimezone(zone).date() + timedelta(days=1 if (day or "").lower() == "tomorrow" else 0)
        try:
            hour, minute, second = (int(part or 0) for part in parts)
            return parsing.in_zone(datetime.combine(date, time(hour, minute, second)), zone)
        except ValueError as error:
            raise error if isinstance(error, Unreadable) else Unreadable(HOW) from None
    return _written(text, zone)


def is_from_now(text: str) -> bool:
    """Return whether it is a span, such as in 10 minutes: another moment whenever it is read."""
    return SPAN.fullmatch(text.strip()) is not None


def _from_now(text: str, now: datetime) -> datetime:
    parts = re.findall(PART, text, re.IGNORECASE)
    seconds = sum(
        (1 if number.lower().startswith("a") else int(number)) * SECONDS[unit.lower()] for number, unit in parts
    )
    try:
        return now + timedelta(seconds=seconds)
    except OverflowError:
        raise Unreadable(HOW) from None


def _written(text: str, zone: ZoneInfo) -> datetime:
    text = IN_UTC.sub("Z", text)
    if short := SHORT_HOUR.fullmatch(text):
        text = f"{short[1]} 0{short[2]}"
    try:
        found = parsing.moment(text)
    except Unreadable:
        raise Unreadable(HOW) from None
    return found if found.tzinfo else parsing.in_zone(found, zone)


def understood(run_at: datetime | None, now: datetime) -> str:
    """Say which moment was understood, and how far away it is."""
    if run_at is None:
        return "Now, at once."
    at = run_at.astimezone(UTC)
    fraction = f".{at.microsecond // 1000:03d}" if at.microsecond else ""
    return f"{at:%A} {at.day} {at:%B %Y %H:%M:%S}{fraction} UTC, in {span((run_at - now).total_seconds())}."
