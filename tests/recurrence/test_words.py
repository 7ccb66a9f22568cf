"""Words for rules; what is right was written by hand."""

import pytest

from jobs.recurrence import parse, words
from jobs.recurrence.words import in_words


@pytest.mark.parametrize(
    ("dialect", "expression", "expected"),
    [
        ("cron", "30 2 * * *", "at 02:30 every day"),
        ("cron", "30 2 * * mon-fri", "at 02:30 on Monday to Friday"),
        ("cron", "*/5 * * * *", "every 5 minutes"),
        ("cron", "* * * * *", "every minute"),
        ("cron", "0 * * * *", "every hour, on the hour"),
        ("cron", "17 * * * *", "at minute 17 of every hour"),
        ("cron", "0 9,12 1 1,7 *", "at 09:00 and 12:00 on day 1 of the month in January and July"),
        ("cron", "0 0 13 * 5", "at 00:00 on day 13 of the month, and also on Friday"),
        ("cron", "0 0 13 * */5", "at 00:00 on day 13 of the month if it is a Friday or Sunday"),
        ("celery", "0 0 13 * 5", "at 00:00 on day 13 of the month if it is a Friday"),
        ("cron", "*/15 9-17 * * 1-5", "every 15 minutes in hours 9 to 17 on Monday to Friday"),
        ("cron6", "15 30 2 * * *", "at 02:30:15 every day"),
        ("cron6", "* * * * * *", "every second"),
        ("interval", "every 10 minutes", "every 10 minutes, of time that has passed"),
        ("interval", "every 90 minutes", "every 1 hour and 30 minutes, of time that has passed"),
        ("once", "2026-12-31T23:59", "once, at 2026-12-31 23:59"),
        ("quartz", "0 30 9 L * ?", "at 09:30 on the last day of the month"),
        ("quartz", "0 30 9 ? * 6#2", "at 09:30 on the second Friday of the month"),
        ("quartz", "0 30 9 LW * ?", "at 09:30 on the last weekday of the month"),
        ("sun", "sunrise 52.52 13.4", "at sunrise at 52.52, 13.4"),
        (
            "rrule",
            "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18;BYMINUTE=0;BYSECOND=0",
            "every month on the last Friday at hour 18, minute 0 and second 0",
        ),
        ("rrule", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=5", "every 2 weeks on Monday and Friday, 5 times"),
        (
            "rrule",
            "FREQ=HOURLY;BYMONTH=1,2;UNTIL=20261231T000000Z",
            "every hour in January and February, until 2026-12-31 00:00 UTC",
        ),
        ("rrule", "FREQ=MONTHLY;BYMONTHDAY=-1,15", "every month on the last day and on day 15"),
        ("rrule", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "every month on Monday and Tuesday, of these the last"),
        ("rrule", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "every year in week 20 on Monday"),
        (
            "rrule",
            "DTSTART:20260101T090000 FREQ=DAILY EXDATE:20260102T090000",
            "every day, from 2026-01-01 09:00 on, with 1 date left out",
        ),
    ],
)
def test_a_rule_is_said_in_words(dialect, expression, expected):
    assert in_words(parse(dialect, expression)) == expected


def test_the_clock_is_named_where_one_is_read():
    assert words(parse("cron", "30 2 * * *"), "Europe/Berlin") == "at 02:30 every day, by the clock of Europe/Berlin"
    assert words(parse("interval", "1 hour"), "Europe/Berlin") == "every hour, of time that has passed"
