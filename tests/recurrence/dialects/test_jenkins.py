"""Jenkins' expressions mean what its grammar says, but that H is a number of ours."""

import subprocess
import sys

import pytest

from jobs.recurrence import WallClock, parse
from jobs.recurrence.dialects import jenkins
from tests.recurrence.dialects.reading import refusal, starts, table

STARTS = table("jenkins.txt")
REFUSED = [
    ("* * * *", "", "This has 4 fields, and Jenkins has 5; write minute, hour, day of month, month, day of week."),
    ("0 0 0 * * ?", "", "This has 6 fields, and Jenkins has 5"),
    ("@reboot", "", "“@reboot” is not known to Jenkins; write one of @hourly, @midnight"),
    ("@Daily", "", "“@Daily” is not known to Jenkins"),
    ("TZ=Europe/London\nH 3 * * *", "", "A schedule's zone stands in its own field; put the zone there"),
    ("H 3 * * *\nH 5 * * *", "", "These are 2 lines; make a schedule of each."),
    ("60 * * * *", "minute", "60 is no minute; write a number from 0 to 59"),
    ("5/15 * * * *", "minute", "“5/15” has a step, but no range to step through; write */15 or 5-59/15."),
    ("0 0 * JAN *", "month", "“JAN” is no month; write a number from 1 to 12, *, a list or a range."),
    ("0 0 * * MON", "day of week", "“MON” is no day of week; write a number from 0 to 7"),
    ("0 0 * * 5-1", "day of week", "“5-1” runs backwards; write it as two ranges, 5-7,0-1."),
    ("0 22-2 * * *", "hour", "“22-2” runs backwards"),
    ("H(30-10) * * * *", "minute", "“H(30-10)” runs backwards; write H(10-30)."),
    ("H(0-60) * * * *", "minute", "60 is no minute; write a number from 0 to 59"),
    ("H/61 * * * *", "minute", "The step 61 of the minute is not among 1 to 60"),
    ("H/0 * * * *", "minute", "The step 0 of the minute is not among 1 to 60"),
    ("H-5 * * * *", "minute", "“H-5” is no minute; write H, H/15, H(0-29) or H(0-29)/10."),
    ("h * * * *", "minute", "“h” is no minute"),
    ("0 0 30 2 *", "day of month", "This never starts: February has no day 30"),
]


def test_the_table_is_long_enough():
    assert len(STARTS) >= 40


@pytest.mark.parametrize(("expression", "said"), STARTS)
def test_it_starts_when_the_grammar_says(expression, said):
    assert starts("jenkins", expression, len(said), name="nightly report") == said


@pytest.mark.parametrize(("expression", "field", "why"), REFUSED)
def test_it_is_refused_with_field_and_remedy(expression, field, why):
    assert refusal("jenkins", expression)[0] == field
    assert refusal("jenkins", expression)[1].startswith(why)


# printf 'a\nminute' | sha256sum, its first sixteen digits as a number modulo 60; and so on.
@pytest.mark.parametrize(("name", "minute"), [("a", 34), ("b", 42), ("", 55), ("täglich", 28)])
def test_h_is_a_stated_hash_of_the_name(name, minute):
    rule = parse("jenkins", "H * * * *", name=name)

    assert isinstance(rule, WallClock)
    assert rule.minutes == {minute}


def test_h_is_the_same_in_another_process():
    ask = "from jobs.recurrence.dialects import jenkins; print(sorted(jenkins.parse('H/7 * * * *', 'x').minutes))"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == str(sorted(jenkins.parse("H/7 * * * *", "x").minutes))


@pytest.mark.parametrize("expression", ["H * * * *", "0 H(1-5) * * *", "@daily"])
def test_it_says_that_h_is_not_jenkins_own_number(expression):
    assert jenkins.notes(expression) == (
        "H is a number that RunAt makes of this schedule's name, always the same; it is not the one that Jenkins chose.",
    )


def test_it_says_nothing_where_it_is_the_same():
    assert jenkins.notes("0 3 * * 1-5") == ()


def test_hours_by_h_are_fixed_unless_they_step():
    each_pass = [parse("jenkins", f"0 {hour} * * *").each_pass for hour in ("H", "H(0-5)", "H/3", "*", "3")]

    assert each_pass == [False, False, True, True, False]
