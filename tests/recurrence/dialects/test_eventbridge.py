"""EventBridge's expressions mean what its user guide says."""

from datetime import datetime

import pytest

from jobs.recurrence import Every, Once, WallClock, parse
from tests.recurrence.dialects.reading import refusal, starts, table

STARTS = table("eventbridge.txt")
REFUSED = [
    ("0 10 * * ? *", "", "This is no expression of EventBridge; write cron(...), rate(...) or at(...)."),
    (
        "cron(0 10 * * ?)",
        "",
        "This expression has 5 fields; write 6: minute, hour, day of month, month, day of week, year.",
    ),
    ("cron(0 0 10 * * ? *)", "", "This expression has 7 fields; write 6"),
    ("cron(0 10 * * * *)", "day of week", "Both day fields are given; write ? in one of them"),
    ("cron(0 10 ? * ? *)", "day of week", "Both day fields are ?; write ? in one of them"),
    ("cron(60 10 * * ? *)", "minute", "60 is no minute; write a number from 0 to 59"),
    ("cron(0 24 * * ? *)", "hour", "24 is no hour; write a number from 0 to 23"),
    ("cron(0 10 ? * 8 *)", "day of week", "8 is no day of week; write a number from 1 to 7"),
    ("cron(0 10 ? * FRI-MON *)", "day of week", "“FRI-MON” of the day of week runs backwards; write FRI-7,1-MON."),
    ("cron(0 10 ? * 3#1,6#3 *)", "day of week", "“3#1,6#3” has # and another day; write FRI#2 alone"),
    ("cron(0 10 L-3 * ? *)", "day of month", "“L-3” counts days from the end, which EventBridge does not have"),
    ("cron(0 10 * * ? 2200)", "year", "2200 is no year; write a number from 1970 to 2199"),
    ("cron(/5 10 * * ? *)", "minute", "“/5” is no minute; write a number"),
    ("rate(1 minutes)", "unit", "EventBridge refuses 1 minutes; write rate(1 minute)."),
    ("rate(5 minute)", "unit", "EventBridge refuses 5 minute; write rate(5 minutes)."),
    ("rate(0 minutes)", "rate", "A rate of 0 never passes; write 1 or more."),
    ("rate(10 seconds)", "unit", "“seconds” is no unit of a rate; write minutes, hours or days."),
    ("rate(1.5 hours)", "rate", "“1.5 hours” is no rate; write a whole number and a unit"),
    ("at(2026-12-31)", "at", "“2026-12-31” is no moment; write it like at(2026-12-31T23:59:00)"),
    ("at(2026-12-31T23:59:00Z)", "at", "“2026-12-31T23:59:00Z” is no moment"),
    ("at(2026-02-30T12:00:00)", "at", "“2026-02-30T12:00:00” does not exist; write a day and a time that do."),
]


def test_the_table_is_long_enough():
    assert len(STARTS) >= 40


@pytest.mark.parametrize(("expression", "said"), STARTS)
def test_it_starts_when_the_guide_says(expression, said):
    assert starts("eventbridge", expression, len(said)) == said


@pytest.mark.parametrize(("expression", "field", "why"), REFUSED)
def test_it_is_refused_with_field_and_remedy(expression, field, why):
    assert refusal("eventbridge", expression)[0] == field
    assert refusal("eventbridge", expression)[1].startswith(why)


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(1 hour)", 3600),
        ("rate(12 hours)", 43_200),
        ("rate(1 day)", 86_400),
        ("rate(7 days)", 604_800),
    ],
)
def test_a_rate_is_elapsed_time(expression, seconds):
    assert parse("eventbridge", expression) == Every(seconds)


def test_at_is_a_wall_time_of_the_schedules_zone():
    assert parse("eventbridge", "at(2026-12-31T23:59:00)") == Once(datetime.fromisoformat("2026-12-31T23:59"))


@pytest.mark.parametrize(("hour", "each_pass"), [("*", True), ("0/2", True), ("2", False), ("8-17", False)])
def test_a_star_or_step_of_hours_starts_in_each_pass(hour, each_pass):
    rule = parse("eventbridge", f"cron(30 {hour} * * ? *)")

    assert isinstance(rule, WallClock)
    assert rule.each_pass is each_pass
