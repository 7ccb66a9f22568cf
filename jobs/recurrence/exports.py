"""Exports: schedules as lines of a crontab, next starts as an iCalendar feed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Event

from jobs.recurrence.dialects import cron_fields
from jobs.recurrence.dialects.cron_fields import Field
from jobs.recurrence.parsing import parse
from jobs.recurrence.rule import EVERY_DAY, EVERY_WEEKDAY, BadExpression, Days, Rule, WallClock

CRON_TZ = "# CRON_TZ counts in cronie; Debian's cron takes the zone of its machine whatever it says."


@dataclass(frozen=True)
class Exported:
    """Schedule as a crontab needs it. `zone`: None is the machine's. `why_not`: why a crontab cannot run it, a
    sentence; empty where it can."""

    name: str
    dialect: str
    expression: str
    zone: str | None
    command: str
    why_not: str = ""


@dataclass(frozen=True)
class Start:
    """Start to come, for a feed. `uid` stays the same for the same start, or calendars show it twice."""

    uid: str
    name: str
    instant: datetime


def crontab(schedules: Iterable[Exported]) -> str:
    """Return a user's crontab. What cron cannot express stands in it as a comment that says why."""
    lines: list[str] = []
    zone: str | None = None
    for one in schedules:
        try:
            if one.why_not:
                raise BadExpression(one.why_not)
            line = crontab_line(parse(one.dialect, one.expression, name=one.name), one.command)
        except BadExpression as bad:
            lines.append(
                f"# Not here: {_in_one_line(one.name)} ({one.dialect} {_in_one_line(one.expression)}). {bad.why}"
            )
            continue
        if one.zone != zone:
            lines += [CRON_TZ] if CRON_TZ not in lines else []
            lines.append(f"CRON_TZ={one.zone or ''}")
            zone = one.zone
        lines += [f"# {_in_one_line(one.name)}", line]
    return "".join(f"{line}\n" for line in lines)


def crontab_line(rule: Rule, command: str) -> str:
    """Return five fields and the command. Raises BadExpression where cron has no fields for the rule."""
    if not isinstance(rule, WallClock):
        raise BadExpression("Cron knows wall times of every year only; keep this schedule here.")
    if rule.seconds != {0}:
        raise BadExpression("Cron has no seconds; start at second 0, or keep this schedule here.", "second")
    if rule.years is not None:
        raise BadExpression("Cron has no years; take them out, or keep this schedule here.", "year")
    if not command.strip() or len(command.splitlines()) != 1:
        raise BadExpression("A line of a crontab has one command in one line; write it so.", "command")
    of_month, of_week = _days(rule.days)
    fields = (
        _field(cron_fields.MINUTE, rule.minutes),
        _hours(rule.hours, each_pass=rule.each_pass),
        of_month,
        _field(cron_fields.MONTH, rule.months),
        of_week,
    )
    # A bare % would end the command.
    return " ".join((*fields, command.strip().replace("%", r"\%")))


def icalendar_feed(starts: Iterable[Start], *, name: str, now: datetime) -> str:
    """Return an iCalendar file of starts, in UTC, so that no reader's zone data move them."""
    calendar = Calendar()
    calendar.add("prodid", "-//RunAt//Schedules//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for start in starts:
        event = Event()
        event.add("uid", start.uid)
        event.add("summary", start.name)
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", start.instant.astimezone(UTC))
        # Nobody is busy while a machine works.
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    feed: bytes = calendar.to_ical()
    return feed.decode()


def _days(days: Days) -> tuple[str, str]:
    if days.from_end or days.nearest_weekday or days.last_weekday or days.nth_of_week:
        raise BadExpression(
            "Cron has no days counted from the end, nearest weekdays or numbered weekdays; keep this schedule here.",
            "day of month",
        )
    every_day, every_weekday = days.of_month == EVERY_DAY, days.of_week == EVERY_WEEKDAY
    if not days.both and (every_day or every_weekday):
        return "*", "*"
    if days.both and not every_day and not every_weekday:
        raise BadExpression(
            "Cron starts on a day that is in one of its two day fields, and this has to be in both; keep it here.",
            "day of week",
        )
    of_week = frozenset((day + 1) % 7 for day in days.of_week)
    # Where one of the two will do, none may begin with a star, or cron wants both.
    return (
        _field(cron_fields.DAY_OF_MONTH, days.of_month, star=days.both),
        "*" if every_weekday else _field(cron_fields.DAY_OF_WEEK, of_week, star=days.both),
    )


def _hours(hours: frozenset[int], *, each_pass: bool) -> str:
    """Return the field of hours: a star or step where each pass of a fold starts, and neither where not."""
    written = _field(cron_fields.HOUR, hours)
    if each_pass == cron_fields.is_each_pass(written):
        return written
    if not each_pass:
        return "0-23" if written == "*" else ",".join(str(hour) for hour in sorted(hours))
    first, *others = sorted(hours)
    return ",".join([f"{first}-{first}/1", *(str(hour) for hour in others)])


def _field(part: Field, numbers: frozenset[int], *, star: bool = True) -> str:
    """Return numbers as a star, a step of one, or a list of ranges."""
    low, high = part.low, part.high
    if numbers == frozenset(range(low, high + 1)):
        return "*"
    for step in range(2, high // 2 + 1) if star else ():
        if numbers == frozenset(range(low, high + 1, step)) and len(numbers) > 2:
            return f"*/{step}"
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
