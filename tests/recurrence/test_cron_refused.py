"""What cron's dialects refuse, at its field and with a remedy."""

from __future__ import annotations

import pytest

from jobs.recurrence import BadExpression, parse


@pytest.mark.parametrize(
    ("dialect", "expression", "field", "says"),
    [
        ("cron", "60 * * * *", "minute", "0 to 59"),
        ("cron", "* 24 * * *", "hour", "0 to 23"),
        ("cron", "* * 0 * *", "day of month", "1 to 31"),
        ("cron", "* * * 13 *", "month", "1 to 12"),
        ("cron", "* * * * 8", "day of week", "0 to 7"),
        ("cron", "* * * foo *", "month", "jan"),
        ("cron", "* * * * fri-mon", "day of week", "two ranges"),
        ("cron", "30-10 * * * *", "minute", "30-59,0-10"),
        ("cron", "5/15 * * * *", "minute", "5-59/15"),
        ("cron", "*/0 * * * *", "minute", "step above 0"),
        ("cron", "*/x * * * *", "minute", "step above 0"),
        ("cron", "1,,2 * * * *", "minute", "comma"),
        ("cron", "*-5 * * * *", "minute", "0 to 59"),
        ("cron", "0~30 * * * *", "minute", "0 to 59"),
        ("cron", "* * L * *", "day of month", "1 to 31"),
        ("cron", "* * 15W * *", "day of month", "1 to 31"),
        ("cron", "* * * * 5#2", "day of week", "0 to 7"),
        ("cron", "-1 * * * *", "minute", "0 to 59"),
        ("cron", "\u0661 * * * *", "minute", "0 to 59"),
        ("cron", "0 0 30 2 *", "day of month", "February has no day 30; write a day up to 29"),
        ("cron", "0 0 31 2,4,6 *", "day of month", "February, April and June have no day 31; write a day up to 30"),
        ("cron", "@reboot", "", "write a time"),
        ("cron", "@every 5m", "", "@hourly"),
        ("cron", "* * * *", "", "4 fields"),
        ("cron", "* * * * * *", "", "six fields"),
        ("cron", "", "", "empty"),
        ("cron6", "* * * * *", "", "5 fields"),
        ("cron6", "60 * * * * *", "second", "0 to 59"),
        ("celery", "* * * * 7", "day of week", "0 for Sunday"),
        ("celery", "* * * * 6-7", "day of week", "0 for Sunday"),
        ("celery", "5/15 * * * *", "minute", "celery"),
        ("celery", "1-5;9 * * * *", "minute", "celery"),
        ("celery", "*/0 * * * *", "minute", "0 to 59"),
        ("celery", "0 0 30 2 *", "day of month", "no day 30"),
        ("celery", "* * * *", "", "has five"),
        ("tcl", "* * * * *", "dialect", "write one of cron"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_and_a_remedy(dialect, expression, field, says):
    with pytest.raises(BadExpression) as refused:
        parse(dialect, expression)
    assert refused.value.field == field
    assert says in refused.value.why
