"""Celery's crontab as django-celery-beat stores it: five fields, of which a day has to match all."""

from __future__ import annotations

import re

from celery.schedules import ParseException, crontab_parser

from jobs.recurrence.dialects import cron_fields as fields
from jobs.recurrence.rule import BadExpression, Days, Rule, WallClock

NAMES = ("minute", "hour", "day of month", "month", "day of week")
#: How many numbers a field has, from which on.
SIZES = ((60, 0), (24, 0), (31, 1), (12, 1), (7, 0))
# Celery reads as much of an item as it understands, and lets the rest of it go unread; this is all that it understands.
ITEM = re.compile(r"(\*|\w+(-\w+)?)(/[0-9]+)?")


def parse(text: str, name: str = "") -> Rule:
    """Return the rule of minute, hour, day of month, month and day of week; raises BadExpression."""
    del name
    parts = text.split()
    if len(parts) != 5:
        raise BadExpression(
            f"This has {len(parts)} fields, and celery's crontab has five: {', '.join(NAMES)}; write a line like "
            "30 2 * * mon-fri."
        )
    minute, hour, day_of_month, month, day_of_week = (
        _numbers(part, field, *size) for part, field, size in zip(parts, NAMES, SIZES, strict=True)
    )
    return WallClock(
        minutes=minute,
        hours=hour,
        days=Days(of_month=day_of_month, of_week=frozenset((day - 1) % 7 for day in day_of_week)),
        months=month,
        each_pass=fields.is_each_pass(parts[1]),
    )


def _numbers(text: str, field: str, count: int, low: int) -> frozenset[int]:
    last = low + count - 1
    for item in text.split(","):
        if not ITEM.fullmatch(item) or re.fullmatch(r"\w+/.*", item):
            raise BadExpression(f"“{item}” is no {field} to celery; write {low}-{last}, *, */2, 1-5 or a list.", field)
    try:
        return frozenset(crontab_parser(count, low).parse(text))
    except (ParseException, ValueError):
        remedy = "write 0 for Sunday" if field == "day of week" and re.search(r"\b7\b", text) else "write such numbers"
        raise BadExpression(
            f"Celery's {field} has the numbers {low} to {last}, not “{text}”; {remedy}.", field
        ) from None
