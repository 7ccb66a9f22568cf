"""`manage.py compare_schedules`: what schedules have noted in shadow beside what ran."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from jobs.models import Occurrence, Schedule
from jobs.web.bringing import Table, bring, comparing, preview
from jobs.web.bringing.logs import STARTING
from tests.conftest import seconds
from tests.transitions.schedules.life import make, minutes, sweep

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
CRONTAB = "*/10 * * * * /bin/ten\n# Twice\n0 * * * * /bin/same\n30 * * * * /bin/same\n"
TABLE = Table.of_toml("[[commands]]\npattern='*'\ntarget='demo.noop'")


@pytest.fixture
def brought(monkeypatch):
    """Both are in shadow for two hours."""
    lines = preview("crontab", CRONTAB, table=TABLE, now=BEGIN, by=None, shadow=True)
    bring(lines, by=None, now=BEGIN)
    sweep(BEGIN + minutes(120))
    monkeypatch.setattr("jobs.clock.clock.current", lambda: BEGIN + minutes(121))


@pytest.fixture
def run(tmp_path, capsys):
    def call(log: str, *options: str, file: str = CRONTAB, source: str = "crontab"):
        (tmp_path / "log").write_text(log)
        (tmp_path / "crontab").write_text(file)
        given = ["--file", str(tmp_path / "crontab")] if file else []
        code = 0
        try:
            call_command("compare_schedules", str(tmp_path / "log"), "--from", source, *given, *options)
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().out

    return call


def ran(command, *at, late=1):
    return [(BEGIN + minutes(n) + seconds(late), command) for n in at]


def log(*runs):
    """A syslog of two hours."""
    lines = sorted([(BEGIN - seconds(1), ""), (BEGIN + minutes(121), ""), *runs])
    return "".join(f"{at.isoformat()} host CRON[1]: (root) CMD ({command})\n" for at, command in lines)


TEN = ran("/bin/ten", *range(10, 121, 10))
SAME = ran("/bin/same", 30, 60, 90, 120, late=3)


def test_they_agree(brought, run):
    assert run(log(*TEN, *SAME)) == (
        0,
        "ten: 12 both, 0 only there, 0 only here; seconds: +1.0 median, +1.0 worst\n"
        "Twice, same: 4 both, 0 only there, 0 only here; seconds: +3.0 median, +3.0 worst\n"
        "2 of 2 agree.\n",
    )


def test_what_is_on_one_side_alone_is_listed(brought, run):
    code, out = run(log(*TEN[:3], *TEN[4:], *ran("/bin/ten", 55), *SAME))
    assert code == 1
    assert "ten: 11 both, 1 only there, 1 only here; seconds: +1.0 median, +1.0 worst\n" in out
    assert "    only there: 2026-11-28 12:55:01 (UTC)\n    only here: 2026-11-28 12:40:00 (UTC)\n" in out
    assert out.endswith("1 of 2 agree.\n")


def test_a_part_of_the_time_is_compared_alone(brought, run):
    code, out = run(log(*TEN[:3], *TEN[4:], *SAME), "--since", "2026-11-28T12:45Z", "--until", "2026-11-28T13:35")
    assert (code, out.splitlines()[0]) == (
        0,
        "ten: 5 both, 0 only there, 0 only here; seconds: +1.0 median, +1.0 worst",
    )


def test_within_says_how_near_one_start_is_to_another(brought, run):
    late = log(*ran("/bin/ten", *range(10, 121, 10), late=90), *SAME)
    assert run(late)[0] == 1
    assert run(late, "--within", "100")[0] == 0


def test_the_ends_of_the_log_cut_nothing_off(brought, run):
    """It begins in the middle of a start, and ends before the next has been written."""
    text = "".join(sorted(log(*TEN, *SAME).splitlines(keepends=True))[2:-3])
    code, _ = run(text)
    assert code == 0


def test_what_ran_while_it_was_off_here_is_left_out(brought, run):
    ten = Schedule.objects.get(name="ten")
    rows = Occurrence.objects.filter(schedule=ten).order_by("nominal_at")
    rows.filter(nominal_at__gt=BEGIN + minutes(20), nominal_at__lte=BEGIN + minutes(40)).delete()
    Occurrence.objects.create(
        schedule=ten,
        nominal_at=BEGIN + minutes(30),
        until=BEGIN + minutes(40),
        count=2,
        cause="disabled",
        noted_at=BEGIN,
    )
    code, out = run(log(*TEN, *SAME))
    assert code == 0
    assert "left out: 2 that ran there while it was off or paused here" in out


def test_what_was_not_brought_or_has_noted_nothing_does_not_agree(brought, run):
    Occurrence.objects.all().delete()
    code, out = run(log(), file=CRONTAB + "0 0 * * * /bin/other\n")
    assert code == 1
    assert "ten: not compared. It has noted nothing in the time of this log.\n" in out
    assert "other: not compared. There is no schedule 'other'; bring it first.\n" in out


def test_celerys_own_entries_are_known_by_their_names(run, settings, monkeypatch):
    settings.CELERY_BEAT_SCHEDULE = {"nightly": {"task": "x", "schedule": timedelta(minutes=10)}}
    make(name="nightly", expression="*/10 * * * *", now=BEGIN, enabled=False, shadow=True)
    sweep(BEGIN + minutes(60))
    monkeypatch.setattr("jobs.clock.clock.current", lambda: BEGIN + minutes(61))
    lines = [
        f"[2026-11-28 12:{n}:00,500: INFO/MainProcess] Scheduler: Sending due task nightly (x)\n" for n in (20, 30, 40)
    ]
    code, out = run("".join(lines), file="", source="celery-beat")
    assert code == 0
    assert "nightly: 3 both, 0 only there, 0 only here; seconds: +0.5 median, +0.5 worst\n" in out


def test_a_timer_is_known_by_the_unit_that_it_starts(run, monkeypatch):
    timer = "[Unit]\nDescription=Backup\n[Timer]\nOnCalendar=*:0/10\nRandomizedDelaySec=5min\nUnit=backup.service\n"
    bring(preview("systemd", timer, table=TABLE, now=BEGIN, by=None, shadow=True), by=None, now=BEGIN)
    sweep(BEGIN + minutes(60))
    monkeypatch.setattr("jobs.clock.clock.current", lambda: BEGIN + minutes(61))
    starts = [BEGIN + minutes(10 * n + 3) for n in range(1, 6)]
    fields = {"MESSAGE_ID": STARTING, "UNIT": "backup.service", "MESSAGE": "Starting backup.service..."}
    lines = [json.dumps({"__REALTIME_TIMESTAMP": str(int(at.timestamp()) * 10**6), **fields}) for at in starts]
    code, out = run("\n".join(lines), file=timer, source="systemd")
    assert (code, out.splitlines()[0]) == (
        0,
        "Backup: 5 both, 0 only there, 0 only here; seconds: +180.0 median, +180.0 worst",
    )


def test_of_two_near_ones_the_nearest_is_taken():
    found = comparing.Compared(["x"])
    here, there = [BEGIN, BEGIN + seconds(10)], [BEGIN + seconds(9), BEGIN + seconds(31)]
    assert comparing._match(here, there, seconds(20), found) == ([BEGIN], [BEGIN + seconds(31)])
    assert found.differences == [-1.0]
    assert (found.median, found.worst) == (-1.0, -1.0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"source": "celery-beat"}, "What Celery has is in no file"),
        ({"file": ""}, "Name the file by --file"),
        ({"options": ["--zone", "Mars/Base"]}, "time zone"),
        ({"options": ["--since", "soon"]}, "soon is no moment"),
        ({"options": ["--within", "0"]}, "more than 0"),
        ({"log": "nothing"}, "No line of this log has a time"),
        ({"file": "@reboot x\n"}, "Nothing that was brought can be compared"),
    ],
)
def test_what_cannot_be_read_is_said(run, options, says):
    with pytest.raises(CommandError, match=says):
        run(options.pop("log", log()), *options.pop("options", []), **options)


def test_a_log_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("compare_schedules", str(tmp_path / "none"), "--from", "celery-beat")
