"""Rows of django-celery-beat, taken over and given back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)

from jobs.clock import clock
from jobs.models import Audit, Job, Schedule
from jobs.web.bringing import periodic

pytestmark = pytest.mark.django_db
LATER = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.JOBS_CELERY_TASKS = ["mail.send"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def call(*options: str) -> str:
        call_command("import_schedules", "--from", "periodic-tasks", *options)
        return capsys.readouterr().out

    return call


def row(name: str = "digest", **fields) -> PeriodicTask:
    if not fields.keys() & {"interval", "solar", "clocked"}:
        crontab, _ = CrontabSchedule.objects.get_or_create(
            minute="30", hour="2", day_of_week="mon,fri", timezone=ZoneInfo("Europe/Berlin")
        )
        fields["crontab"] = crontab
    return PeriodicTask.objects.create(name=name, task="mail.send", **fields)


def entry():
    (found,), refused = periodic.rows(clock.current())
    assert refused == ()
    return found


def test_a_crontab_row_comes_with_its_zone_arguments_and_bounds():
    made = row(args="[1]", kwargs='{"a": 2}', queue="slow", start_time=LATER, expire_seconds=60, priority=3)
    found = entry()
    assert (found.dialect, found.expression, found.zone) == ("celery", "30 2 * * mon,fri", "Europe/Berlin")
    assert (found.command, found.args, found.kwargs, found.queue) == ("mail.send", [1], {"a": 2}, "slow")
    assert (found.starts_at, found.start_within, found.row, found.enabled) == (LATER, 60, made.pk, True)
    assert found.notes == ("Its priority is not brought: RunAt sends jobs by their queue alone.",)


def test_an_interval_goes_on_from_its_last_run():
    every = IntervalSchedule.objects.create(every=3, period="hours")
    last = clock.current() - timedelta(hours=1)
    row(interval=every, last_run_at=last)
    found = entry()
    assert (found.dialect, found.expression) == ("interval", "every 10800 seconds")
    assert found.starts_at == last + timedelta(hours=3)
    assert found.notes == ("Its interval goes on from its last run there.",)
    PeriodicTask.objects.update(last_run_at=last - timedelta(days=1))
    assert entry().starts_at is None


def test_the_sun_and_a_moment_come_too():
    row(solar=SolarSchedule.objects.create(event="sunrise", latitude="52.52", longitude="13.40"), expires=LATER)
    found = entry()
    assert (found.dialect, found.expression, found.ends_at) == ("sun", "sunrise 52.520000 13.400000", LATER)
    PeriodicTask.objects.all().delete()
    row(clocked=ClockedSchedule.objects.create(clocked_time=LATER), one_off=True)
    assert (entry().dialect, entry().expression, entry().most_runs) == ("once", "2031-01-01T00:00:00+00:00", None)


def test_a_preview_changes_nothing(run):
    row()
    out = run()
    assert "at 02:30 on Monday and Friday, by the clock of Europe/Berlin" in out
    assert "mail.send -> celery:mail.send" in out
    assert PeriodicTask.objects.get().enabled
    assert not Schedule.objects.exists()


def test_taken_over_rows_are_off_and_their_schedules_on(run, tmp_path):
    on, off, once = row("on"), row("off", enabled=False), row("once", one_off=True)
    before = PeriodicTasks.last_change()
    out = run("--apply", "--record", "undo.json")
    assert "3 brought, 2 of them switched on." in out
    assert not PeriodicTask.objects.filter(enabled=True).exists()
    assert PeriodicTasks.last_change() > before, "a beat that runs looks again"
    found = {schedule.name: schedule for schedule in Schedule.objects.all()}
    assert {name: schedule.enabled for name, schedule in found.items()} == {"on": True, "off": False, "once": True}
    assert (found["once"].most_runs, found["on"].most_runs) == (1, None)
    taken = json.loads((tmp_path / "undo.json").read_text())["taken"]
    assert [(one["periodic_task"], one["was_enabled"]) for one in taken] == [
        (on.pk, True),
        (off.pk, False),
        (once.pk, True),
    ]


def test_a_timing_row_is_copied(run):
    made = row()
    run("--apply")
    CrontabSchedule.objects.filter(pk=made.crontab_id).update(hour="5")
    CrontabSchedule.objects.all().delete()
    assert Schedule.objects.get().expression == "30 2 * * mon,fri"


def test_one_bad_row_leaves_all_as_they_were(run, tmp_path):
    row("good")
    row("bad", args="[")
    with pytest.raises(CommandError, match="1 of 2 is refused"):
        run("--apply", "--record", "undo.json")
    assert PeriodicTask.objects.filter(enabled=True).count() == 2
    assert not Schedule.objects.exists()
    assert not (tmp_path / "undo.json").exists()
    with pytest.raises(SystemExit):
        run("--apply", "--only-good", "--record", "undo.json")
    assert [one.name for one in PeriodicTask.objects.filter(enabled=True)] == ["bad"]


def test_a_record_that_cannot_be_written_leaves_all_as_they_were(run, tmp_path):
    row()
    (tmp_path / "undo.json").write_text("older")
    with pytest.raises(CommandError, match=r"undo\.json cannot be written: File exists"):
        run("--apply", "--record", "undo.json")
    assert PeriodicTask.objects.get().enabled
    assert not Schedule.objects.exists()
    assert (tmp_path / "undo.json").read_text() == "older"


def test_undone_both_are_as_before(run):
    row("on")
    row("off", enabled=False)
    run("--apply", "--record", "undo.json")
    began = clock.current()
    out = run("--undo", "undo.json")
    assert "on: its periodic task is on as before." in out
    assert "off: its periodic task is off as before." in out
    assert not Schedule.objects.exists()
    assert not Job.objects.filter(state=0).exists()
    assert {one.name: one.enabled for one in PeriodicTask.objects.all()} == {"on": True, "off": False}
    # What has passed meanwhile has run here: beat must not run it again.
    assert PeriodicTask.objects.get(name="on").last_run_at >= began
    assert Audit.objects.filter(verb="delete", reason="Given back to django-celery-beat.").count() == 2


def test_what_has_run_once_here_is_not_run_again(run):
    row(one_off=True)
    run("--apply", "--record", "undo.json")
    Schedule.objects.update(next_at=None, next_job_id=None)  # as after its run
    assert "it has run here, once as it should; its periodic task stays off." in run("--undo", "undo.json")
    assert not PeriodicTask.objects.get().enabled


def test_a_row_that_is_gone_leaves_its_schedule(run):
    row()
    run("--apply", "--record", "undo.json")
    PeriodicTask.objects.all().delete()
    assert "is not there any more" in run("--undo", "undo.json")
    assert Schedule.objects.exists()


def test_no_record_is_said(run, tmp_path):
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(CommandError, match="no record of what was taken over"):
        run("--undo", "x.json")


def test_in_shadow_the_rows_stay_on(run):
    row()
    assert "1 brought, 0 of them switched on, 1 in shadow." in run("--apply", "--shadow")
    assert PeriodicTask.objects.get().enabled
    assert Schedule.objects.get().shadow
    assert not Job.objects.exists()
