"""Reads JSON and times from text, for REST and forms. Only types are read here; jobs/rules/ judges the values."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from jobs import exactjson
from jobs.calendars import zones

NOW = "now"  # stands for a time
# Moments that move: now or the beginning of a day (UTC), and so much before or after it.
RELATIVE = re.compile(r"(?:(now|today|yesterday|tomorrow)|(?=[+-]))(?:([+-])(\d{1,6})(s|m|h|d|w))?", re.ASCII)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
NO_MOMENT = "This is not a date and time up to the year 9999; choose one."  # in a form, where nobody writes a zone


class Unreadable(ValueError):
    """The text is not what it should be; the message says where, and what to write instead."""


def json_value(text: str) -> object:
    """Return what the JSON text says. NaN and Infinity pass: the rules name the field that holds them.

    Raises Unreadable with the position of the mistake.
    """
    try:
        return exactjson.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"This is not JSON: {error.msg[0].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise Unreadable("This JSON is nested too deeply; flatten it.") from None
    except ValueError:
        raise Unreadable("This JSON holds a number with too many digits; write it as text in quotes.") from None


def label(text: str) -> tuple[str, str]:
    """Return key and value of a label that is written with a colon between them. Raises Unreadable."""
    key, colon, value = text.partition(":")
    if not colon:
        raise Unreadable(f"'{text[:100]}' has no colon; write a label as key:value, such as team:payroll.")
    return key, value


def moment(text: str) -> datetime:
    """Return the ISO 8601 time, naive where it names no zone. Raises Unreadable."""
    try:
        return datetime.fromisoformat(text.strip().upper())  # RFC 3339 has `t` and `z`, too
    except ValueError:
        raise Unreadable(
            "This is not a date and time up to the year 9999; write it like 2026-12-31T23:59:00Z "
            "or 2026-12-31T23:59:00+01:00."
        ) from None


def is_relative(text: str) -> bool:
    """Return whether this is a moment that moves, such as `today`, `-24h` or `today+2d`."""
    return RELATIVE.fullmatch(text.strip().lower()) is not None


def relative(text: str, now: datetime) -> datetime | None:
    """Return the moment that `today`, `-24h` or `today+2d` is now; None for other text. Raises Unreadable beyond the
    years 1 to 9999."""
    found = RELATIVE.fullmatch(text.strip().lower())
    if found is None:
        return None
    word, sign, number, unit = found.groups()
    here = now.astimezone(UTC)
    try:
        if word in DAYS:
            here = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=DAYS[word])
        return here + timedelta(**{UNITS[unit]: int(sign + number)}) if unit else here
    except OverflowError:
        raise Unreadable(f"'{text[:40]}' is beyond the years 1 to 9999; choose a shorter time.") from None


def whole(text: str) -> int:
    """Return the whole number. Raises Unreadable."""
    word = text.strip()
    if not (word.isascii() and word.isdecimal() and len(word) < 20):
        raise Unreadable(f"'{word[:30]}' is no id of a job; ids are whole numbers: 12, 13.")
    return int(word)


def zone(name: str) -> ZoneInfo:
    """Return the time zone of this IANA name. Raises Unreadable."""
    name = name.strip()
    if problems := zones.new_problems(name):
        raise Unreadable(" ".join(problems))
    return ZoneInfo(name)


def in_zone(naive: datetime, where: ZoneInfo) -> datetime:
    """Return the wall time as a moment. Raises Unreadable where it exists twice or not at all: clocks change."""
    first, second = (naive.replace(tzinfo=where, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise Unreadable(
            f"Clocks in {where.key} change at this time, so that it exists twice or not at all; "
            "choose another, or give it in UTC."
        )
    return first


def chosen(text: str, where: ZoneInfo) -> datetime:
    """Return the moment that somebody has chosen in a form, of this zone where it names none. Raises Unreadable."""
    try:
        found = moment(text)
    except Unreadable:
        raise Unreadable(NO_MOMENT) from None
    return found if found.tzinfo else in_zone(found, where)
