"""Calendar events of systemd start when `systemd-analyze calendar` says, and what it refuses is refused."""

import os
import re
import shutil
import subprocess

import pytest

from jobs.recurrence import WallClock, parse
from jobs.recurrence.dialects.systemd import split_zone
from tests.recurrence.dialects.reading import refusal, starts, table

NO_SYSTEMD = not shutil.which("systemd-analyze") and not os.environ.get("CI")  # in CI it has to be there

STARTS = table("systemd.txt")
REFUSED = [
    ("*-*-~01", "day of month", "“*-*-~01” has a dash before ~; write *-*~01."),
    (
        "*-*~03..01",
        "day of month",
        "“03..01” of the day of month runs backwards; ~ counts from the end, write ~01..03.",
    ),
    ("*-*-1,~1", "day of month", "“*-*-1,~1” mixes days from both ends of the month; write two schedules."),
    ("*-*~29", "day of month", "29 is no day of month; write a number from 1 to 28"),
    ("*-2~1/1", "day of month", "The step of ~1/1 leaves the month at once; write ~1"),
    ("*/5:00", "hour", "“*/5” is no hour; write 0/5."),
    ("*:*/5", "minute", "“*/5” is no minute; write 0/5."),
    ("22..2:00", "hour", "“22..2” of the hour runs backwards; write 22..23,0..2."),
    ("*:0/60", "minute", "The step 60 of the minute reaches nothing; write one from 1 to 59."),
    ("Fri..Mon 09:00", "day of week", "“Fri..Mon” runs over the end of the week; write Fri..Sun,Mon"),
    ("Funday", "day of week", "“Funday” is no day of the week; write Mon, Tue"),
    ("09:00 Mars/Phobos", "", "“Mars/Phobos” stands where it cannot; write weekdays, date and time once each"),
    ("9:00 *-*-1", "", "“*-*-1” stands where it cannot"),
    ("09", "", "“09” is no date; write year, month and day"),
    ("24:00", "hour", "24 is no hour; write a number from 0 to 23"),
    ("12:00:60", "second", "60 is no second; write a number from 0 to 59"),
    ("*-13-01", "month", "13 is no month; write a number from 1 to 12"),
    ("2200-1-1", "year", "2200 is no year; write a number from 1970 to 2199"),
    ("1:2:3:4", "time", "“1:2:3:4” has 4 parts; write hours, minutes and seconds: 09:00:00."),
]
# systemd takes these; here they belong elsewhere.
REFUSED_HERE = [
    ("Mon 09:00 Europe/Berlin", "", "“Europe/Berlin” is a zone; put it into the zone field"),
    ("daily UTC", "", "“UTC” is a zone; put it into the zone field"),
    ("12:00:00.5", "second", "“12:00:00.5” has fractions of a second; write whole seconds."),
    ("*:*:0/0.5", "second", "“*:*:0/0.5” has fractions of a second"),
    ("@1395716396", "", "A moment in seconds repeats nothing; write its date and time in the dialect once."),
    ("02-30", "day of month", "This never starts: February has no day 30"),
]


def test_the_table_is_long_enough():
    assert len(STARTS) >= 40


@pytest.mark.parametrize(("event", "said"), STARTS)
def test_it_starts_when_systemd_says(event, said):
    assert starts("systemd", event, len(said)) == said


@pytest.mark.parametrize(("event", "field", "why"), REFUSED + REFUSED_HERE)
def test_it_is_refused_with_field_and_remedy(event, field, why):
    assert refusal("systemd", event)[0] == field
    assert refusal("systemd", event)[1].startswith(why)


@pytest.mark.parametrize(
    ("time", "each_pass"),
    [("*:30", True), ("0/2:30", True), ("8..18/2:30", True), ("02:30", False), ("8..18:00", False)],
)
def test_a_star_or_step_of_hours_starts_in_each_pass(time, each_pass):
    rule = parse("systemd", time)

    assert isinstance(rule, WallClock)
    assert rule.each_pass is each_pass


@pytest.mark.parametrize(
    ("event", "split"),
    [
        ("Mon 09:00 Europe/Berlin", ("Mon 09:00", "Europe/Berlin")),
        ("daily UTC", ("daily", "UTC")),
        ("Mon 09:00", ("Mon 09:00", None)),
        ("daily", ("daily", None)),
    ],
)
def test_a_zone_at_the_end_can_be_split_off(event, split):
    assert split_zone(event) == split


@pytest.mark.skipif(NO_SYSTEMD, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("event", [event for event, _ in STARTS[::6]])
def test_the_systemd_that_is_installed_still_says_so(event):
    said = dict(STARTS)[event]
    command = ["systemd-analyze", "calendar", "--base-time=2026-01-01 00:00:00 UTC", f"--iterations={len(said)}", event]
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "TZ": "UTC", "LC_ALL": "C"},
    )

    found = re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ ([\d-]+) ([\d:]+) UTC", answer.stdout)

    assert [f"{date}T{time}" for date, time in found] == said


@pytest.mark.skipif(NO_SYSTEMD, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("event", [event for event, _, _ in REFUSED[::3]])
def test_the_systemd_that_is_installed_refuses_it_too(event):
    answer = subprocess.run(["systemd-analyze", "calendar", event], capture_output=True, text=True, check=False)

    assert answer.returncode != 0
