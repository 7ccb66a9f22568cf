"""Entries of Celery's beat_schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery import current_app
from celery.schedules import BaseSchedule, crontab, schedule, solar
from django.core.management import call_command

from jobs.models import Schedule
from jobs.web.bringing.celery_entries import beat_schedule
from jobs.web.bringing.preview import preview_of
from jobs.web.bringing.sources import BEAT
from jobs.web.bringing.table import Table
from tests.bringing.steps import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def beat(monkeypatch):
    def put(**entries) -> None:
        monkeypatch.setitem(current_app.conf, "beat_schedule", entries)

    return put


def only():
    (entry,), refused = beat_schedule()
    assert refused == ()
    return entry


@pytest.mark.parametrize(
    ("given", "dialect", "expression"),
    [
        (crontab(minute=30, hour="2,3", day_of_week="mon-fri"), "celery", "30 2,3 * * mon-fri"),
        (crontab(minute={30, 0}, hour=[3, 2], day_of_month="1, 15"), "celery", "0,30 2,3 1,15 * *"),
        (schedule(90), "interval", "every 90 seconds"),
        (timedelta(minutes=1.5), "interval", "every 90 seconds"),
        (2.5, "interval", "every 2.5 seconds"),
        (3600, "interval", "every 3600 seconds"),
        (solar("sunset", 52.52, -13.4), "sun", "sunset 52.52 -13.4"),
    ],
)
def test_each_kind_of_schedule_has_its_dialect(beat, given, dialect, expression):
    beat(x={"task": "a.b", "schedule": given})
    assert (only().dialect, only().expression, only().zone) == (dialect, expression, "UTC")


def test_arguments_queue_and_expiry_come_along_and_the_rest_is_noted(beat):
    options = {"queue": "slow", "expires": 90, "priority": 3, "headers": {"a": 1}}
    beat(x={"task": "a.b", "schedule": 60, "args": (1, "two"), "kwargs": {"k": [3]}, "options": options})
    entry = only()
    assert (entry.command, entry.args, entry.kwargs) == ("a.b", [1, "two"], {"k": [3]})
    assert (entry.queue, entry.start_within) == ("slow", 90)
    assert entry.notes == (
        "Its interval is counted from the moment at which it is switched on here.",
        "Its headers and priority is not brought: RunAt sends jobs by their queue alone.",
    )


class Odd(BaseSchedule):
    pass


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"task": "a", "schedule": Odd()}, "A schedule of the kind Odd is not known here"),
        ({"task": "a", "schedule": 0.5}, "An interval has at least 1 second"),
        ({"task": "a"}, "of the kind NoneType"),
        ({"schedule": 60}, "It names no task"),
        ({"task": "a", "schedule": 60, "args": [datetime(2026, 1, 1, tzinfo=UTC)]}, "Its arguments are not JSON"),
        ({"task": "a", "schedule": 60, "kwargs": [1]}, "its kwargs no object"),
    ],
)
def test_what_cannot_come_is_refused_and_the_others_stay(beat, given, says):
    beat(bad=given, good={"task": "a", "schedule": 60})
    entries, (refused,) = beat_schedule()
    assert [entry.name for entry in entries] == ["good"]
    assert says in refused.why


def test_a_day_has_to_match_both_fields_as_celery_has_it(beat):
    beat(x={"task": "a", "schedule": crontab(0, 9, day_of_month="1-7", day_of_week="mon")})
    (line,) = preview_of(BEAT, "", zone="UTC", table=Table(), now=NOON, by=None, most=9)
    # The first Mondays; cron would start on every Monday and each of the seven days.
    days = [(2026, 12, 7), (2027, 1, 4), (2027, 2, 1), (2027, 3, 1), (2027, 4, 5)]
    assert [(start.year, start.month, start.day) for start in line.starts] == days
    assert line.starts[0] == datetime(2026, 12, 7, 9, 0, tzinfo=ZoneInfo("UTC"))


def test_only_allowed_tasks_have_a_target(beat, settings, capsys):
    beat(x={"task": "mail.send", "schedule": crontab(0, 9), "args": [1]})
    with pytest.raises(SystemExit):
        call_command("import_schedules", "--from", "celery-beat")
    assert "'mail.send' may not be started by a job: add it to JOBS_CELERY_TASKS first." in capsys.readouterr().out
    settings.JOBS_CELERY_TASKS = ["mail.send"]
    call_command("import_schedules", "--from", "celery-beat", "--apply")
    made = Schedule.objects.get()
    assert (made.target, made.payload, made.enabled) == ("celery:mail.send", {"args": [1]}, False)
    assert "Remove it at the source first, then switch it on." in capsys.readouterr().out
