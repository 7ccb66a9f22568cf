"""Words for rules; what is right was written by hand."""

import pytest

from jobs.recurrence import parse
from jobs.recurrence.words import in_words


@pytest.mark.parametrize(
    ("dialect", "expression", "words"),
    [
        ("cron", "30 2 * * *", "at 02:30 every day"),
        ("cron", "30 2 * * mon-fri", "at 02:30 on Monday to Friday"),
        ("cron", "*/5 * * * *", "every 5 minutes"),
        ("cron", "* * * * *", "every minute"),
        ("cron", "0 * * * *", "every hour, on the hour"),
        ("cron", "17 * * * *", "at minute 17 of every hour"),
        ("cron", "0 9,12 1 1,7 *", "at 09:00 and 12:00 on day 1 of the month in January and July"),
        ("cron", "0 0 13 * 5", "at 00:00 on day 13 of the month and on Friday"),
        ("cron", "*/15 9-17 * * 1-5", "every 15 minutes in hours 9 to 17 on Monday to Friday"),
        ("cron6", "15 30 2 * * *", "at 02:30:15 every day"),
        ("cron6", "* * * * * *", "every second"),
        ("interval", "every 10 minutes", "every 10 minutes, of time that has passed"),
        ("interval", "every 90 minutes", "every 1 hour and 30 minutes, of time that has passed"),
        ("once", "2026-12-31T23:59", "once, at 2026-12-31 23:59"),
        ("quartz", "0 30 9 L * ?", "at 09:30 on the last day of the month"),
        ("quartz", "0 30 9 ? * 6#2", "at 09:30 on the second Friday of the month"),
        ("quartz", "0 30 9 LW * ?", "at 09:30 on the last weekday of the month"),
    ],
)
def test_a_rule_is_said_in_words(dialect, expression, words):
    assert in_words(parse(dialect, expression)) == words
