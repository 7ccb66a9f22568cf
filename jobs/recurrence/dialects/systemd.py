"""Calendar events as OnCalendar= of a systemd timer has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.calendars import zones
from jobs.recurrence.dialects import cron_fields
from jobs.recurrence.rule import EVERY_DAY, EVERY_MONTH, EVERY_WEEKDAY, BadExpression, Days, WallClock

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTHANDS = {
    "minutely": "*:*",
    "hourly": "*:00",
    "daily": "00:00",
    "weekly": "Mon 00:00",
    "monthly": "*-*-01",
    "quarterly": "*-01,04,07,10-01",
    **dict.fromkeys(("semiannually", "semi-annually", "biannually", "bi-annually"), "*-01,07-01"),
    **dict.fromkeys(("yearly", "annually", "anually"), "*-01-01"),
}
NO_DAYS: frozenset[int] = frozenset()
EXAMPLE = "write it like Mon..Fri *-*-* 09:00:00"


@dataclass(frozen=True)
class Part:
    """Component of a calendar event: its name and the numbers it may have."""

    name: str
    low: int
    high: int

    def bad(self, why: str) -> BadExpression:
        return BadExpression(why, self.name)

    def number(self, text: str) -> int:
        value = int(text)
        # Years of two digits are of this century up to 69.
        if self.name == "year" and len(text) <= 2:
            value += 2000 if value < 70 else 1900
        if not self.low <= value <= self.high:
            raise self.bad(f"{value} is no {self.name}; write a number from {self.low} to {self.high}.")
        return value


YEAR, MONTH, DAY = Part("year", 1970, 2199), Part("month", 1, 12), Part("day of month", 1, 31)
#: Days counted from the end of the month: those that every month has.
FROM_END = Part("day of month", 1, 28)
HOUR, MINUTE, SECOND = Part("hour", 0, 23), Part("minute", 0, 59), Part("second", 0, 59)
ITEM = re.compile(r"(?P<first>[0-9]{1,4})(?:\.\.(?P<last>[0-9]{1,4}))?(?:/(?P<step>[0-9]{1,4}))?")


def parse(text: str, name: str = "") -> WallClock:
    """Return the rule of a calendar event such as `Mon..Fri *-*~01 09:00`; raises BadExpression."""
    del name
    event, zone = split_zone(text)
    if zone:
        raise BadExpression(f"“{zone}” is a zone; put it into the zone field, and leave it out here.")
    if not event:
        raise BadExpression(f"This is empty; {EXAMPLE}.")
    weekdays, date, time = _pieces(SHORTHANDS.get(event.lower(), event))
    years, months, days = _date(date, _weekdays(weekdays) if weekdays else EVERY_WEEKDAY)
    hour, minute, second = _time(time)
    return WallClock(
        seconds=_numbers(SECOND, second),
        minutes=_numbers(MINUTE, minute),
        hours=_numbers(HOUR, hour),
        days=days,
        months=months,
        years=years,
        each_pass=cron_fields.is_each_pass(hour),
    )


def split_zone(text: str) -> tuple[str, str | None]:
    """Return a calendar event without the zone that may end it, and that zone."""
    event, _, last = text.strip().rpartition(" ")
    if event and not zones.problems(last):
        return event.strip(), last
    return text.strip(), None


def _pieces(text: str) -> tuple[str, str, str]:
    """Return the weekdays, the date and the time of an event, each empty where it is left out."""
    if text.startswith("@"):
        raise BadExpression("A moment in seconds repeats nothing; write its date and time in the dialect once.")
    found = {"weekdays": "", "date": "", "time": ""}
    order = list(found)
    for piece in text.split():
        kind = "weekdays" if piece[0].isalpha() else "time" if ":" in piece else "date"
        if kind not in order:
            raise BadExpression(
                f"“{piece}” stands where it cannot; write weekdays, date and time once each: {EXAMPLE}."
            )
        found[kind] = piece
        order = order[order.index(kind) + 1 :]
    return found["weekdays"], found["date"], found["time"]


def _weekdays(text: str) -> frozenset[int]:
    found: set[int] = set()
    for item in text.removesuffix(",").split(","):
        first, dots, last = item.replace("..", "-").partition("-")
        begin, end = _weekday(first), _weekday(last if dots else first)
        if end < begin:
            raise BadExpression(
                f"“{item}” runs over the end of the week; write {first}..Sun,Mon..{last or first}.", "day of week"
            )
        found.update(range(begin, end + 1))
    return frozenset(found)


def _weekday(text: str) -> int:
    for number, name in enumerate(WEEKDAYS):
        if text.lower() in (name, name[:3]):
            return number
    raise BadExpression(f"“{text}” is no day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun.", "day of week")


def _date(text: str, of_week: frozenset[int]) -> tuple[frozenset[int] | None, frozenset[int], Days]:
    if not text:
        return None, EVERY_MONTH, Days(of_week=of_week)
    if "-~" in text:
        raise DAY.bad(f"“{text}” has a dash before ~; write {text.replace('-~', '~')}.")
    if ",~" in text:
        raise DAY.bad(f"“{text}” mixes days from both ends of the month; write two schedules.")
    match = re.fullmatch(r"(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)", text)
    if not match:
        raise BadExpression(
            f"“{text}” is no date; write year, month and day, as in *-12-24, or *-*~01 for the last day."
        )
    year, month, sign, day = match.groups()
    if sign == "~":
        days = Days(of_month=NO_DAYS, from_end=_from_end(day), of_week=of_week)
    else:
        days = Days(of_month=_numbers(DAY, day), of_week=of_week)
    return None if year in (None, "*") else _numbers(YEAR, year), _numbers(MONTH, month), days


def _from_end(text: str) -> frozenset[int]:
    if text == "*":
        return frozenset(EVERY_DAY)
    found: set[int] = set()
    for item in text.split(","):
        first, last, step = _bounds(FROM_END, item)
        # A step without an end goes towards the end of the month, a range is counted as it is written.
        counted = range(first, 0, -step) if step and last is None else range(first, (last or first) + 1, step or 1)
        if step and last is None and len(counted) == 1:
            raise DAY.bad(f"The step of ~{item} leaves the month at once; write ~{first}, or a smaller step.")
        found.update(day - 1 for day in counted)
    return frozenset(found)


def _time(text: str) -> tuple[str, str, str]:
    if not text:
        return "0", "0", "0"
    if re.search(r"(?<!\.)\.(?!\.)", text):
        raise SECOND.bad(f"“{text}” has fractions of a second; write whole seconds.")
    hour, minute, second, *rest = [*text.split(":"), "0"] if text.count(":") == 1 else text.split(":")
    if rest:
        raise BadExpression(f"“{text}” has {len(rest) + 3} parts; write hours, minutes and seconds: 09:00:00.", "time")
    return hour, minute, second


def _numbers(part: Part, text: str) -> frozenset[int]:
    if text == "*":
        return frozenset(range(part.low, part.high + 1))
    found: set[int] = set()
    for item in text.split(","):
        first, last, step = _bounds(part, item)
        found.update(range(first, (part.high if step else first) + 1 if last is None else last + 1, step or 1))
    return frozenset(found)


def _bounds(part: Part, item: str) -> tuple[int, int | None, int | None]:
    match = ITEM.fullmatch(item)
    if not match:
        remedy = (
            f"write {part.low}/{item[2:]}"
            if item.startswith("*/")
            else "write a number, 1..5 or 0/15; several with commas between them"
        )
        raise part.bad(f"“{item}” is no {part.name}; {remedy}.")
    first = part.number(match["first"])
    last = part.number(match["last"]) if match["last"] else None
    step = int(match["step"]) if match["step"] else None
    if last is not None and last < first:
        raise part.bad(f"“{item}” of the {part.name} runs backwards; {_turned(part, match)}.")
    if step == 0 or (step and last is None and part is not FROM_END and first + step > part.high):
        raise part.bad(f"The step {step} of the {part.name} reaches nothing; write one from 1 to {part.high - first}.")
    return first, last, step


def _turned(part: Part, match: re.Match[str]) -> str:
    if part is FROM_END:
        return f"~ counts from the end, write ~{match['last']}..{match['first']}"
    return f"write {match['first']}..{part.high},{part.low}..{match['last']}"
