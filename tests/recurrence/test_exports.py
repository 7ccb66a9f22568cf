"""Exports: what a crontab can say, and a feed of starts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from jobs.recurrence import BadExpression, parse
from jobs.recurrence.exports import Exported, Start, crontab, crontab_line, icalendar_feed
from tests.recurrence.dialects.reading import starts, table


@pytest.mark.parametrize(
    ("dialect", "expression", "fields"),
    [
        ("cron", "30 2 * * *", "30 2 * * *"),
        ("cron", "*/5 * * * *", "*/5 * * * *"),
        ("cron", "@hourly", "0 * * * *"),
        ("cron", "0 */6 * * *", "0 */6 * * *"),
        ("cron", "0 0-23 * * *", "0 0-23 * * *"),  # fixed hours: no star, or both passes of a fold start
        ("cron", "0 8-18/5 * * *", "0 8-8/1,13,18 * * *"),  # each pass: a step, or cron makes up for a gap
        ("cron", "0 9 * * mon-fri", "0 9 * * 1-5"),
        ("cron", "0 9 * * 7", "0 9 * * 0"),
        ("cron", "0 9 13 * 5", "0 9 13 * 5"),
        ("cron", "0 9 1-31 * 5", "0 9 * * *"),
        (
            "cron",
            "0 9 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * 5",
            "0 9 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * 5",
        ),
        ("cron", "0 9 */2 1,7 *", "0 9 */2 1,7 *"),
        ("quartz", "0 15 10 ? * MON-FRI", "15 10 * * 1-5"),
        ("systemd", "Sat,Sun 06:30", "30 6 * * 0,6"),
        ("eventbridge", "cron(0/15 * 1 * ? *)", "*/15 * 1 * *"),
    ],
)
def test_a_rule_becomes_five_fields(dialect, expression, fields):
    assert crontab_line(parse(dialect, expression), "/bin/a") == f"{fields} /bin/a"


@pytest.mark.parametrize(
    ("dialect", "expression", "field"),
    [
        ("quartz", "15 0 9 * * ?", "second"),
        ("quartz", "0 0 9 * * ? 2027", "year"),
        ("quartz", "0 0 9 L * ?", "day of month"),
        ("quartz", "0 0 9 15W * ?", "day of month"),
        ("quartz", "0 0 9 LW * ?", "day of month"),
        ("quartz", "0 0 9 ? * 6#2", "day of month"),
        ("jenkins", "0 0 13 * 5", "day of week"),
        ("interval", "every 10 minutes", ""),
        ("once", "2026-12-31T23:59", ""),
    ],
)
def test_what_cron_cannot_say_is_refused(dialect, expression, field):
    with pytest.raises(BadExpression) as refused:
        crontab_line(parse(dialect, expression), "/bin/a")

    assert refused.value.field == field
    assert refused.value.why.endswith(".")


@pytest.mark.parametrize("command", ["", " ", "a\nb", "a\rb"])
def test_a_command_is_one_line(command):
    with pytest.raises(BadExpression, match="one command in one line"):
        crontab_line(parse("cron", "@daily"), command)


def test_a_crontab_has_names_zones_and_what_is_missing():
    text = crontab(
        [
            Exported("Here", "cron", "0 1 * * *", None, "/bin/a"),
            Exported("In\nBerlin", "cron", "30 2 * * *", "Europe/Berlin", "date +%s"),
            Exported("Last day", "quartz", "0 0 9 L * ?", "Europe/Berlin", "/bin/c"),
            Exported("Broken", "cron", "61 * * * *", None, "/bin/d"),
            Exported("Here again", "cron", "0 4 * * *", None, "/bin/e"),
        ]
    )

    assert text == (
        "# Here\n"
        "0 1 * * * /bin/a\n"
        "# CRON_TZ counts in cronie; Debian's cron takes the zone of its machine whatever it says.\n"
        "CRON_TZ=Europe/Berlin\n"
        "# In Berlin\n"
        "30 2 * * * date +\\%s\n"
        "# Not here: Last day (quartz 0 0 9 L * ?). Cron has no days counted from the end, nearest weekdays or numbered "
        "weekdays; keep this schedule here.\n"
        "# Not here: Broken (cron 61 * * * *). 61 is no minute; write a number from 0 to 59, *, a list or a range.\n"
        "CRON_TZ=\n"
        "# Here again\n"
        "0 4 * * * /bin/e\n"
    )


def test_a_feed_has_its_starts_in_utc():
    berlin = timezone(timedelta(hours=2))
    text = icalendar_feed(
        [
            Start("7-20260701T070000Z@runat", "Backup, nightly\nBEGIN:VEVENT", datetime(2026, 7, 1, 9, tzinfo=berlin)),
            Start("8-20260702T000000Z@runat", "b", datetime(2026, 7, 2, tzinfo=UTC)),
        ],
        name="RunAt",
        now=datetime(2026, 6, 30, 12, tzinfo=UTC),
    )

    assert text.split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//RunAt//Schedules//EN",
        "X-WR-CALNAME:RunAt",
        "BEGIN:VEVENT",
        "SUMMARY:Backup\\, nightly\\nBEGIN:VEVENT",
        "DTSTART:20260701T070000Z",
        "DTSTAMP:20260630T120000Z",
        "UID:7-20260701T070000Z@runat",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "SUMMARY:b",
        "DTSTART:20260702T000000Z",
        "DTSTAMP:20260630T120000Z",
        "UID:8-20260702T000000Z@runat",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


@pytest.mark.parametrize("file", ["quartz.txt", "systemd.txt", "eventbridge.txt"])
def test_a_crontab_starts_when_the_scheduler_did_that_its_expression_is_of(file):
    written = 0
    for expression, said in table(file):
        try:
            line = crontab_line(parse(file.removesuffix(".txt"), expression), "/bin/a")
        except BadExpression:
            continue
        written += 1
        assert starts("cron", line.removesuffix(" /bin/a"), len(said)) == said

    assert written > 15
