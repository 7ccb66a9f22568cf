"""Quartz's expressions start when Quartz says, and what it refuses or reads over is refused."""

import pytest

from jobs.recurrence import WallClock, parse
from tests.recurrence.dialects.reading import refusal, starts, table

STARTS = table("quartz.txt")
REFUSED = [
    ("0 0 12 * *", "", "This expression has 5 fields; write 6 or 7: second, minute, hour"),
    ("0 0 12 * * ? 2026 x", "", "This expression has 8 fields; write 6 or 7"),
    ("0 0 0 * * *", "day of week", "Both day fields are given; write ? in one of them, days in the other."),
    ("0 0 0 1 * MON", "day of week", "Both day fields are given; write ? in one"),
    ("0 0 0 ? * ?", "day of week", "Both day fields are ?; write ? in one of them"),
    ("60 0 0 * * ?", "second", "60 is no second; write a number from 0 to 59"),
    ("0 60 0 * * ?", "minute", "60 is no minute; write a number from 0 to 59"),
    ("0 0 24 * * ?", "hour", "24 is no hour; write a number from 0 to 23"),
    ("0 0 0 0 * ?", "day of month", "0 is no day of month; write a number from 1 to 31"),
    ("0 0 0 1 13 ?", "month", "13 is no month; write a number from 1 to 12"),
    ("0 0 0 ? * 0", "day of week", "0 is no day of week; write a number from 1 to 7"),
    ("0 0 0 1 1 ? 2030-2027", "year", "“2030-2027” of the year runs backwards"),
    ("0 a 0 * * ?", "minute", "“A” is no minute; write a number from 0 to 59, a range, or a step such as 0/2."),
    ("0 0/60 0 * * ?", "minute", "The step 60 of the minute is not among 1 to 59"),
    ("0 1/2/3 0 * * ?", "minute", "“1/2/3” is no minute; write a number"),
    ("0 0 L * * ?", "hour", "“L” is no hour; write a number"),
    ("0 0 0 L,15 * ?", "day of month", "“L,15” has L and something else; write L, LW or L-3"),
    ("0 0 0 L-31 * ?", "day of month", "No month has a day 31 before its last; write L-0 to L-30."),
    ("0 0 0 ? * 6#6", "day of week", "“6#6” has no number from 1 to 5 behind #; write FRI#2"),
    ("0 0 0 ? * 2#1,4#3", "day of week", "“2#1,4#3” has # and another day; write FRI#2 alone"),
    ("0 0 0 ? * 6L,2L", "day of week", "“6L,2L” has L and something else; write FRIL"),
    ("0 0 0 30 2 ?", "day of month", "This never starts: February has no day 30"),
]
# Quartz takes these, and runs when their writer does not expect it.
READ_OVER = [
    ("0 0 0 15W,20 * ?", "day of month", "“15W,20” has W and more than one day; write 15W alone"),  # never on the 20th
    ("0 0 0 10-20W * ?", "day of month", "“10-20W” has W and more than one day; write 15W alone"),
    ("0 0 0 ? * MON-FRI/2", "day of week", "“MON-FRI/2” has a step behind a name, which Quartz does not read"),
    ("0 0/0 0 * * ?", "minute", "The step 0 of the minute is not among 1 to 59"),
    ("0 *5 0 * * ?", "minute", "“*5” is no minute"),  # each minute
    ("0 1-5-9 0 * * ?", "minute", "“1-5-9” is no minute"),
    ("0 0 0 ? * 6L#2", "day of week", "“6L” is no day of week; write a number from 1 to 7, a name such as SUN"),
    (
        "0 0 0 L-3W * ?",
        "day of month",
        "“L-3W” is a weekday near a day that is counted from the end",
    ),  # rules have none
]


def test_the_table_is_long_enough():
    assert len(STARTS) >= 40


@pytest.mark.parametrize(("expression", "said"), STARTS)
def test_it_starts_when_quartz_says(expression, said):
    assert starts("quartz", expression, len(said)) == said


@pytest.mark.parametrize(("expression", "field", "why"), REFUSED + READ_OVER)
def test_it_is_refused_with_field_and_remedy(expression, field, why):
    assert refusal("quartz", expression)[0] == field
    assert refusal("quartz", expression)[1].startswith(why)


@pytest.mark.parametrize(
    ("hour", "each_pass"), [("*", True), ("0/2", True), ("/6", True), ("2", False), ("8-18", False), ("0,12", False)]
)
def test_a_star_or_step_of_hours_starts_in_each_pass(hour, each_pass):
    rule = parse("quartz", f"0 30 {hour} * * ?")

    assert isinstance(rule, WallClock)
    assert rule.each_pass is each_pass
