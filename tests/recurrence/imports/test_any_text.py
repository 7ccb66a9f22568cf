"""Readers of files refuse what they cannot read; none raises, whatever the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.recurrence.imports import SOURCES

PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\r\n",
            " ",
            "\t",
            "*",
            "/",
            "-",
            ",",
            "#",
            "%",
            "\\",
            "=",
            ":",
            ";",
            '"',
            "'",
            "{",
            "}",
            "[",
            "]",
            "@",
        ),
        *("0 3 * * * ", "@daily ", "CRON_TZ=", "Europe/Berlin", "kind: CronJob", "spec: ", "schedule: ", "---\n", "- "),
        *("BEGIN:VEVENT\n", "END:VEVENT\n", "DTSTART:", "20260105T090000Z", "RRULE:", "EXDATE;VALUE=DATE:", "TZID="),
        *("[Timer]\n", "OnCalendar=", "Mon..Fri ", "RandomizedDelaySec=", "15min", "~", "..", "&a ", "*a", "!!x "),
        *("<project>", "<hudson.triggers.TimerTrigger><spec>", "</spec>", "TZ=", "cron('", "')", "'" * 3, "/*"),
        *("<trigger><cron>", "<cron-expression>", "</cron>", "<job>", "</trigger>", "&lt;", "&x;", "<!DOCTYPE a"),
        *('{"ScheduleExpression": ', '"rate(5 minutes)"', '"Name"', "null", "cron(", ")", "\x00", "²", "\u2028", "é"),
    ]
)


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(PIECES, max_size=25))
def test_no_text_raises(source, pieces):
    entries, refused = SOURCES[source]("".join(pieces))

    assert all(entry.line >= 1 for entry in entries)
    assert all(one.line >= 1 and one.why.endswith(".") for one in refused)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "[" * 5000,
        "{" * 5000,
        "- " * 5000,
        "BEGIN:VEVENT\n" * 5000,
        "<a>" * 5000,
        "cron('" * 9000,
        "/*" * 9000,
        "\ud800",
    ],
)
def test_neither_nothing_nor_what_is_deep_raises(source, text):
    SOURCES[source](text)
