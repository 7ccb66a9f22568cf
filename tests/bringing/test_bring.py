"""A preview of each line, and schedules when somebody wants them: all or none."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from jobs.models import Audit, Job, Schedule
from jobs.web.bringing import NotBrought, Table, TooMuch, bring, preview
from jobs.web.bringing.sources import SOURCES
from tests.bringing.steps import BACKUP, COMMANDS, CRONTAB, NOON, TO_NOOP

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
LIVE = "Remove it at the source first, then switch it on."


def seen(text: str, source: str = "crontab", **more):
    return preview(source, text, **{"zone": "Europe/Berlin", "table": TO_NOOP, "now": NOON, "by": None, **more})


def test_a_line_is_shown_with_its_meaning_its_next_five_starts_and_its_target(settings):
    settings.JOBS_COMMANDS = COMMANDS
    line = seen(CRONTAB, table=None)[0]
    assert (line.number, line.name, line.expression) == (2, "Backup of the office", "30 2 * * mon-fri")
    assert line.meaning == "at 02:30 on Monday to Friday, by the clock of Europe/Berlin"
    days = [(11, 30), (12, 1), (12, 2), (12, 3), (12, 4)]
    assert line.starts == tuple(datetime(2026, month, day, 2, 30, tzinfo=BERLIN) for month, day in days)
    assert (line.command, line.target) == (f"{BACKUP} --full", "command")
    assert line.payload == {"command": "backup", "arguments": ["--full"]}
    assert LIVE in line.notes
    assert (line.is_good, line.problems) == (True, ())


def test_bad_lines_are_shown_in_their_place_with_why(settings):
    settings.JOBS_COMMANDS = COMMANDS
    _good, never, unknown = seen(CRONTAB, table=None)
    assert (never.number, never.is_good) == (3, False)
    assert never.problems[0].startswith("Day of month: ")
    assert (unknown.number, unknown.is_good, unknown.target) == (4, False, "")
    assert "No entry of JOBS_COMMANDS runs /usr/bin/unknown" in unknown.problems[0]
    # It is read, although nobody knows what it runs.
    assert unknown.meaning == "every 5 minutes, by the clock of Europe/Berlin"
    assert len(unknown.starts) == 5


def test_one_bad_line_keeps_all_out_unless_the_good_ones_are_asked_for():
    lines = seen(CRONTAB)
    with pytest.raises(NotBrought, match="1 of 3 is refused") as refused:
        bring(lines, by=None, now=NOON)
    assert [line.number for line in refused.value.lines] == [3]
    assert not Schedule.objects.exists()
    made = bring(lines, by=None, now=NOON, only_good=True)
    assert [schedule.name for schedule in made] == ["Backup of the office", "unknown"]


def test_those_of_a_live_source_arrive_switched_off_and_say_why():
    (made,) = bring(seen("30 2 * * * /bin/x\n"), by=None, now=NOON)
    assert (made.enabled, made.dialect, made.time_zone, made.target) == (False, "cron", "Europe/Berlin", "demo.noop")
    assert not Job.objects.exists()
    note = Audit.objects.get()
    assert (note.verb, note.name) == ("create", "x")
    assert note.reason == f"Brought from Crontab of a user (crontab -l). {LIVE}"


def test_those_of_a_calendar_arrive_as_they_are():
    text = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Report\nDTSTART;TZID=Europe/Berlin:20261130T090000\n"
        "RRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    (made,) = bring(seen(text, "icalendar"), by=None, now=NOON)
    assert made.enabled
    assert made.next_at == datetime(2026, 11, 30, 9, 0, tzinfo=BERLIN)
    assert Job.objects.get().run_at == made.next_at


def test_what_was_off_at_its_source_says_so():
    cronjob = (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tidy, namespace: ops, labels: {team: ops, -a: b}}\n"
        "spec:\n  schedule: '0 4 * * *'\n  timeZone: Europe/Paris\n  suspend: true\n  concurrencyPolicy: Forbid\n"
        "  startingDeadlineSeconds: 90\n"
        "  jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: b, command: [tidy]}]}}}}\n"
    )
    (line,) = seen(cronjob, "kubernetes")
    assert "It was switched off at the source." in line.notes
    assert LIVE not in line.notes
    (made,) = bring([line], by=None, now=NOON)
    assert (made.name, made.enabled, made.overlap, made.start_within) == ("ops/tidy", False, "skip", 90)
    assert (made.time_zone, made.labels) == ("Europe/Paris", {"team": "ops"})
    assert "Labels that a schedule cannot have are left out: -a." in line.notes


def test_a_name_that_is_taken_is_refused_so_that_a_file_comes_once():
    bring(seen("30 2 * * * /bin/x\n"), by=None, now=NOON)
    (again,) = seen("30 2 * * * /bin/x\n")
    assert again.problems == (
        "There is a schedule of this name already, perhaps brought before; rename the one here or the one there.",
    )


def test_a_name_taken_since_the_preview_leaves_nothing():
    lines = seen("30 2 * * * /bin/a\n30 2 * * * /bin/b\n")
    bring(seen("30 2 * * * /bin/b\n"), by=None, now=NOON)
    with pytest.raises(NotBrought, match="b: There is a schedule of this name already"):
        bring(lines, by=None, now=NOON)
    assert [schedule.name for schedule in Schedule.objects.all()] == ["b"]


def test_two_of_one_name_in_a_file_are_told_apart_by_their_lines():
    assert [line.name for line in seen("1 2 * * * /bin/x\n2 2 * * * /bin/x\n")] == ["x", "x (line 2)"]


def test_a_target_that_refuses_its_payload_is_a_problem():
    (line,) = seen(
        "1 2 * * * /bin/x\n", table=Table.of([{"command": "/bin/x", "target": "demo.noop", "payload": {"a": 1}}])
    )
    assert not line.is_good
    assert "Argument 'a' is not known" in line.problems[0]


def test_who_may_make_no_jobs_brings_no_schedules(django_user_model):
    linus = django_user_model.objects.create_user("linus")
    (line,) = seen("1 2 * * * /bin/x\n", by=linus)
    assert "A schedule makes jobs." in line.problems[0]


def test_files_that_are_too_large_are_refused_with_the_limit():
    with pytest.raises(TooMuch, match="This file has 1000001 bytes; 1000000 are read at most"):
        seen("#" * 1_000_001)
    with pytest.raises(TooMuch, match="This file has 3 entries; 2 are brought at once"):
        seen("1 2 * * * a\n2 2 * * * b\nnonsense\n", most=2)
    assert len(seen("1 2 * * * a\nnonsense\n", most=2)) == 2


@pytest.mark.parametrize(("given", "field"), [({"zone": "Mars/Base"}, "zone"), ({"source": "at"}, "source")])
def test_an_unknown_source_or_zone_is_refused(given, field):
    with pytest.raises(ValidationError) as refused:
        seen("", **given)
    assert list(refused.value.message_dict) == [field]


def test_all_sources_but_calendars_are_live():
    assert {key for key, source in SOURCES.items() if not source.is_live} == {"icalendar"}


QUARTZ = """<job-scheduling-data><schedule>
<job><name>j</name><job-class>a.Report</job-class></job>
<trigger><simple><name>t</name><job-name>j</job-name><start-time>2026-12-24T09:00:00</start-time>
<repeat-count>-1</repeat-count><repeat-interval>3600000</repeat-interval></simple></trigger>
<trigger><cron><name>bad</name><job-name>j</job-name><cron-expression>x</cron-expression></cron></trigger>
</schedule></job-scheduling-data>"""


def test_a_first_moment_without_a_zone_is_by_the_clock_of_its_machine():
    good, bad = seen(QUARTZ, "quartz")
    assert (bad.number, bad.is_good) == (5, False)
    assert good.starts[0] == datetime(2026, 12, 24, 9, tzinfo=BERLIN)
    (made,) = bring([good], by=None, now=NOON)
    assert made.next_at is None
    assert (made.starts_at, made.anchored_at) == (datetime(2026, 12, 24, 9, tzinfo=BERLIN),) * 2
