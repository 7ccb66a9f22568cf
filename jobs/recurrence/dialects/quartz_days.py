"""Days as Quartz writes them, and EventBridge after it: a part of the month or one of the week, the other is `?`."""

from __future__ import annotations

import re

from jobs.recurrence.dialects import quartz_fields as fields
from jobs.recurrence.dialects.quartz_fields import Field
from jobs.recurrence.rule import BadExpression, Days

WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
NO_DAYS: frozenset[int] = frozenset()


def days(of_month: str, of_week: str, month_field: Field, week_field: Field, *, counts_back: bool) -> Days:
    """Return the days of two fields in capitals. `counts_back`: whether the dialect has L-3. Raises BadExpression."""
    if (of_month == "?") == (of_week == "?"):
        now = "Both day fields are ?" if of_month == "?" else "Both day fields are given"
        raise BadExpression(f"{now}; write ? in one of them, days in the other.", week_field.name)
    if of_week == "?":
        return _of_month(of_month, month_field, counts_back=counts_back)
    return _of_week(of_week, week_field)


def weekday(number: int) -> int:
    """Return the day of the week as rules count, 0 is Monday, of one that is counted from Sunday, which is 1."""
    return (number - 2) % 7


def _of_month(text: str, part: Field, *, counts_back: bool) -> Days:
    if text == "L":
        return Days(of_month=NO_DAYS, from_end=frozenset({0}))
    if text == "LW":
        return Days(of_month=NO_DAYS, last_weekday=True)
    if back := re.fullmatch(r"L-([0-9]{1,2})", text):
        return _counted_back(int(back[1]), text, part, counts_back=counts_back)
    if near := re.fullmatch(r"([0-9]{1,2})W", text):
        return Days(of_month=NO_DAYS, nearest_weekday=frozenset({fields.number(part, near[1])}))
    if re.fullmatch(r"L-[0-9]+W", text):
        raise part.bad(
            f"“{text}” is a weekday near a day that is counted from the end, which no rule has here; write LW or L-3."
        )
    if "W" in text:
        raise part.bad(
            f"“{text}” has W and more than one day; write 15W alone, and another schedule for the other days."
        )
    if "L" in text:
        raise part.bad(f"“{text}” has L and something else; write L, LW or L-3, and another schedule for other days.")
    return Days(of_month=fields.numbers(part, text))


def _counted_back(count: int, text: str, part: Field, *, counts_back: bool) -> Days:
    if not counts_back:
        raise part.bad(
            f"“{text}” counts days from the end, which EventBridge does not have; choose the dialect quartz for it."
        )
    if count > 30:
        raise part.bad(f"No month has a day {count} before its last; write L-0 to L-30.")
    return Days(of_month=NO_DAYS, from_end=frozenset({count}))


def _of_week(text: str, part: Field) -> Days:
    if text == "L":
        return Days(of_week=frozenset({weekday(WEEKDAYS["SAT"])}))
    if last := re.fullmatch(r"(\w+)L", text):
        return Days(of_week=NO_DAYS, nth_of_week=frozenset({(weekday(fields.number(part, last[1])), -1)}))
    if nth := re.fullmatch(r"(\w+)#([1-5])", text):
        return Days(of_week=NO_DAYS, nth_of_week=frozenset({(weekday(fields.number(part, nth[1])), int(nth[2]))}))
    if "#" in text and "," not in text:
        raise part.bad(f"“{text}” has no number from 1 to 5 behind #; write FRI#2 for the second Friday.")
    if "#" in text:
        raise part.bad(f"“{text}” has # and another day; write FRI#2 alone, and another schedule for the other days.")
    if re.search(r"L(,|-|$)", text):
        raise part.bad(
            f"“{text}” has L and something else; write FRIL for the last Friday, and another schedule for other days."
        )
    return Days(of_week=frozenset(weekday(number) for number in fields.numbers(part, text)))
