"""Words for a rule, from the neutral rule alone: so they say what will start, whatever dialect it was written in."""

from __future__ import annotations

from calendar import day_name, month_name

from jobs.recurrence import rrule_words
from jobs.recurrence.listing import listed, ranges
from jobs.recurrence.rule import (
    EVERY_DAY,
    EVERY_MONTH,
    EVERY_WEEKDAY,
    Days,
    Every,
    Once,
    Recurrence,
    Rule,
    Sun,
    WallClock,
)

MOST_TIMES = 6  # of a day that are named one by one
EVERY_HOUR, EVERY_MINUTE = frozenset(range(24)), frozenset(range(60))
WORKDAYS = frozenset(range(5))
NUMBERS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "second last"}
UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def words(rule: Rule, zone_name: str) -> str:
    """Say when a rule starts and on which clock: `at 02:30 on Monday to Friday, by the clock of Europe/Berlin`."""
    match rule:
        case Every() | Sun():
            return in_words(rule)
        case Once(moment) if moment.tzinfo is not None:
            return in_words(rule)
    return f"{in_words(rule)}, by the clock of {zone_name}"


def in_words(rule: Rule) -> str:
    """Say when a rule starts: `every 5 minutes`, `at 02:30 on Monday to Friday`. The zone is not named."""
    match rule:
        case WallClock():
            days = _days(rule.days)
            parts = (_times(rule), days, _months(rule), _years(rule))
            return " ".join(filter(None, parts)) + (" every day" if _is_daily(rule) else "")
        case Every():
            return f"every {_span(rule.seconds)}, of time that has passed"
        case Once():
            shown = rule.moment.isoformat(sep=" ", timespec="seconds").removesuffix(":00")
            return f"once, at {shown}"
        case Sun():
            return f"at {rule.event.replace('_', ' ')} at {rule.latitude:g}, {rule.longitude:g}"
        case Recurrence():
            return _recurrence(rule)


def _is_daily(rule: WallClock) -> bool:
    """Return whether "every day" is missing: a time of day without anything that says on which days."""
    return not rule.each_pass and rule.days == Days() and rule.months == EVERY_MONTH and rule.years is None


def _times(rule: WallClock) -> str:
    if rule.hours == EVERY_HOUR and rule.each_pass:
        return _through_the_day(rule)
    count = len(rule.hours) * len(rule.minutes) * len(rule.seconds)
    if count <= MOST_TIMES:
        times = [
            _clock(h, m, s) for h in sorted(rule.hours) for m in sorted(rule.minutes) for s in sorted(rule.seconds)
        ]
        return f"at {listed(times)}"
    hours = f"in {'hour' if len(rule.hours) == 1 else 'hours'} {ranges(rule.hours)}"
    return f"{_through_the_day(rule)} {hours}".replace(" of every hour", "")


def _through_the_day(rule: WallClock) -> str:
    seconds = "" if rule.seconds == {0} else _each(rule.seconds, "second")
    if rule.minutes == EVERY_MINUTE:
        return seconds or "every minute"
    minutes = _each(rule.minutes, "minute")
    if not minutes.startswith("every"):
        minutes = "every hour, on the hour" if rule.minutes == {0} and not seconds else f"{minutes} of every hour"
    return f"{seconds} of {minutes}" if seconds else minutes


def _each(values: frozenset[int], unit: str) -> str:
    """Say which of sixty: a step is a step only where it goes round without a shorter one."""
    if values == EVERY_MINUTE:
        return f"every {unit}"
    step = 60 // len(values)
    if len(values) > 1 and 60 % len(values) == 0 and values == frozenset(range(0, 60, step)):
        return f"every {step} {unit}s"
    return f"at {unit if len(values) == 1 else unit + 's'} {ranges(values)}"


def _clock(hour: int, minute: int, second: int) -> str:
    return f"{hour:02d}:{minute:02d}" + (f":{second:02d}" if second else "")


def _days(days: Days) -> str:
    month, week = _of_month(days), _of_week(days)
    if month and week:
        return f"on {month} if it is {_a(week)}" if days.both else f"on {month}, and also on {week}"
    return f"on {month or week}" if month or week else ""


def _a(week: str) -> str:
    return week if week.startswith("the ") else f"a {week}".replace(" and ", " or ")


def _of_month(days: Days) -> str:
    if days.of_month == EVERY_DAY:
        return ""
    found = []
    if days.of_month:
        found.append(f"day {ranges(days.of_month)} of the month")
    for back in sorted(days.from_end):
        found.append("the last day of the month" if back == 0 else f"the day {back} before the last of the month")
    if days.nearest_weekday:
        found.append(f"the weekday nearest to day {ranges(days.nearest_weekday)} of the month")
    if days.last_weekday:
        found.append("the last weekday of the month")
    return listed(found)


def _of_week(days: Days) -> str:
    if days.of_week == EVERY_WEEKDAY and not days.nth_of_week:
        return ""
    found = []
    if days.of_week == WORKDAYS:
        found.append("Monday to Friday")
    elif days.of_week and days.of_week != EVERY_WEEKDAY:
        found.append(listed([day_name[day] for day in sorted(days.of_week)]))
    for day, number in sorted(days.nth_of_week, key=lambda pair: (pair[1] < 0, abs(pair[1]), pair[0])):
        found.append(f"the {NUMBERS.get(number, f'number {number}')} {day_name[day]} of the month")
    return listed(found)


def _months(rule: WallClock) -> str:
    if rule.months == EVERY_MONTH:
        return ""
    return f"in {listed([month_name[month] for month in sorted(rule.months)])}"


def _years(rule: WallClock) -> str:
    return "" if rule.years is None else f"in the years {ranges(rule.years)}"


def _recurrence(rule: Recurrence) -> str:
    parts = [f"{listed([rrule_words.in_words(line) for line in rule.rules])}" if rule.rules else ""]
    if rule.begins:
        parts.append(f"from {rule.begins:%Y-%m-%d %H:%M} on")
    if rule.also:
        parts.append(f"with {_dates(len(rule.also))} added")
    if rule.without:
        parts.append(f"with {_dates(len(rule.without))} left out")
    return ", ".join(filter(None, parts))


def _dates(count: int) -> str:
    return "1 date" if count == 1 else f"{count} dates"


def _span(seconds: float) -> str:
    parts = []
    for name, length in UNITS:
        count, seconds = (int(seconds // length), seconds % length) if length > 1 else (seconds, 0)
        if count:
            parts.append(f"{count:g} {name}{'' if count == 1 else 's'}")
    if len(parts) == 1 and parts[0].startswith("1 "):
        return parts[0].removeprefix("1 ")
    return listed(parts)
