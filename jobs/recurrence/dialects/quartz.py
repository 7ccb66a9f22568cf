"""Dialect `quartz`: six or seven fields, seconds first, as Quartz 2.3 reads them."""

from __future__ import annotations

from jobs.recurrence.dialects import cron_fields
from jobs.recurrence.dialects import quartz_days as days
from jobs.recurrence.dialects import quartz_fields as fields
from jobs.recurrence.dialects.quartz_fields import Field
from jobs.recurrence.rule import WallClock

SECOND = Field("second", 0, 59, wraps=True, bare_step=True)
MINUTE = Field("minute", 0, 59, wraps=True, bare_step=True)
HOUR = Field("hour", 0, 23, wraps=True, bare_step=True)
DAY_OF_MONTH = Field("day of month", 1, 31, wraps=True, bare_step=True)
MONTH = Field("month", 1, 12, fields.MONTHS, wraps=True, bare_step=True, steps_of_names=False)
DAY_OF_WEEK = Field("day of week", 1, 7, days.WEEKDAYS, wraps=True, bare_step=True, steps_of_names=False)
YEAR = Field("year", 1970, 2099)
NAMES = tuple(part.name for part in (SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR))


def parse(text: str, name: str = "") -> WallClock:
    """Return the rule of an expression such as `0 30 9 ? * MON-FRI`. Raises BadExpression."""
    del name
    second, minute, hour, of_month, month, of_week, *year = fields.split(text.upper(), NAMES, optional=1)
    return WallClock(
        seconds=fields.numbers(SECOND, second),
        minutes=fields.numbers(MINUTE, minute),
        hours=fields.numbers(HOUR, hour),
        days=days.days(of_month, of_week, DAY_OF_MONTH, DAY_OF_WEEK, counts_back=True),
        months=fields.numbers(MONTH, month),
        years=None if year in ([], ["*"]) else fields.numbers(YEAR, year[0]),
        each_pass=cron_fields.is_each_pass(hour),
    )
