"""Words for an RRULE."""

from __future__ import annotations

from calendar import day_name, month_name
from datetime import datetime

from jobs.recurrence.listing import listed, ranges
from jobs.recurrence.rrule_parts import Parts, parts_of

UNITS = {
    "SECONDLY": "second",
    "MINUTELY": "minute",
    "HOURLY": "hour",
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
}
NUMBERS = ("", "first", "second", "third", "fourth", "fifth")


def in_words(line: str) -> str:
    """Say what an RRULE means: `every month on the last Friday`."""
    parts = parts_of(line)
    unit = UNITS[parts.freq]
    said = [f"every {unit}" if parts.interval == 1 else f"every {parts.interval} {unit}s"]
    if parts.by_month:
        said.append(f"in {listed([month_name[month] for month in parts.by_month])}")
    if parts.by_week_no:
        said.append(f"in week {_numbers(parts.by_week_no, 'week')}")
    if parts.by_year_day:
        said.append(f"on {_numbered('day', parts.by_year_day)} of the year")
    if parts.by_month_day:
        said.append(f"on {_numbered('day', parts.by_month_day)}")
    if parts.by_day:
        said.append(f"{'if it is' if parts.by_month_day else 'on'} {_days(parts)}")
    if times := _times(parts):
        said.append(f"at {times}")
    found = " ".join(said)
    if parts.by_set_pos:
        found += f", of these {listed([_which(at) for at in _ordered(parts.by_set_pos)])}"
    if parts.count:
        found += f", {parts.count} times" if parts.count > 1 else ", once"
    return found + (f", until {_moment(parts.until)}" if parts.until else "")


def _times(parts: Parts) -> str:
    named = (("hour", parts.by_hour), ("minute", parts.by_minute), ("second", parts.by_second))
    return listed([f"{unit if len(values) == 1 else unit + 's'} {ranges(values)}" for unit, values in named if values])


def _days(parts: Parts) -> str:
    each = [day_name[day] for number, day in parts.by_day if not number]
    counted = [f"{_which(number)} {day_name[day]}" for number, day in parts.by_day if number]
    return listed([*each, *counted])


def _numbered(unit: str, values: tuple[int, ...]) -> str:
    back = [f"{_which(value)} {unit}" for value in _ordered(values) if value < 0]
    on = [value for value in values if value > 0]
    return " and on ".join([*back, *([f"{unit} {ranges(on)}"] if on else [])])


def _numbers(values: tuple[int, ...], unit: str) -> str:
    back = [f"{_which(value)} {unit}" for value in _ordered(values) if value < 0]
    on = [value for value in values if value > 0]
    return listed([*([ranges(on)] if on else []), *back])


def _which(number: int) -> str:
    """Say which of several: the second, the last, the last but 1."""
    if number < 0:
        return "the last" if number == -1 else f"the last but {-number - 1}"
    return f"the {NUMBERS[number]}" if number < len(NUMBERS) else f"number {number}"


def _ordered(values: tuple[int, ...]) -> list[int]:
    return sorted(values, key=lambda value: (value < 0, value))


def _moment(until: datetime) -> str:
    return f"{until:%Y-%m-%d %H:%M}" + (" UTC" if until.tzinfo else "")
