"""Dialect `eventbridge`: `cron(...)`, `rate(...)` and `at(...)`, as Amazon EventBridge documents them."""

from __future__ import annotations

import re
from datetime import datetime

from jobs.recurrence.dialects import cron_fields
from jobs.recurrence.dialects import quartz_days as days
from jobs.recurrence.dialects import quartz_fields as fields
from jobs.recurrence.dialects.quartz_fields import Field
from jobs.recurrence.rule import BadExpression, Every, Once, Rule, WallClock

MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY_OF_MONTH = Field("day of month", 1, 31)
MONTH = Field("month", 1, 12, fields.MONTHS)
DAY_OF_WEEK = Field("day of week", 1, 7, days.WEEKDAYS)
YEAR = Field("year", 1970, 2199)
NAMES = tuple(part.name for part in (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR))

SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def parse(text: str, name: str = "") -> Rule:
    """Return the rule of `cron(30 9 ? * MON-FRI *)`, of `rate(5 minutes)`, of `at(...)`; raises BadExpression."""
    del name
    match = re.fullmatch(r"(cron|rate|at)\(([^()]*)\)", text.strip())
    if not match:
        raise BadExpression("This is no expression of EventBridge; write cron(...), rate(...) or at(...).")
    inner = match[2].strip()
    if match[1] == "cron":
        return _cron(inner)
    return _rate(inner) if match[1] == "rate" else _at(inner)


def _cron(text: str) -> WallClock:
    minute, hour, of_month, month, of_week, year = fields.split(text.upper(), NAMES)
    return WallClock(
        minutes=fields.numbers(MINUTE, minute),
        hours=fields.numbers(HOUR, hour),
        days=days.days(of_month, of_week, DAY_OF_MONTH, DAY_OF_WEEK, counts_back=False),
        months=fields.numbers(MONTH, month),
        years=None if year == "*" else fields.numbers(YEAR, year),
        each_pass=cron_fields.is_each_pass(hour),
    )


def _rate(text: str) -> Every:
    match = re.fullmatch(r"([0-9]{1,9}) +([a-z]+)", text)
    if not match:
        raise BadExpression(f"“{text}” is no rate; write a whole number and a unit, as in rate(5 minutes).", "rate")
    count, unit = int(match[1]), match[2]
    if unit.removesuffix("s") not in SECONDS:
        raise BadExpression(f"“{unit}” is no unit of a rate; write minutes, hours or days.", "unit")
    if not count:
        raise BadExpression("A rate of 0 never passes; write 1 or more.", "rate")
    right = unit.removesuffix("s") + ("" if count == 1 else "s")
    if unit != right:
        raise BadExpression(f"EventBridge refuses {count} {unit}; write rate({count} {right}).", "unit")
    return Every(float(count * SECONDS[unit.removesuffix("s")]))


def _at(text: str) -> Once:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", text):
        raise BadExpression(
            f"“{text}” is no moment; write it like at(2026-12-31T23:59:00), and its zone in the zone field.", "at"
        )
    try:
        return Once(datetime.fromisoformat(text))
    except ValueError:
        raise BadExpression(f"“{text}” does not exist; write a day and a time that do.", "at") from None
