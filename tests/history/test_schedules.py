"""Schedules know what became of their runs when the jobs of these have gone into the history."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from jobs.clock import clock
from jobs.models import Job, Occurrence
from jobs.models.querysets.days import Day, of_days
from jobs.models.querysets.strips import last_runs
from jobs.models.querysets.through_time import counted
from jobs.rights import EVERYTHING
from jobs.states import State
from jobs.transitions.schedules import definitions
from tests.conftest import NOW
from tests.history.steps import history, move

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def runs(over, latest):
    """A schedule with a run that failed and has gone, one that completed and has not, and one whose job was deleted."""
    schedule = definitions.create_schedule(
        {"name": "s", "target": "demo.noop", "dialect": "cron", "expression": "0 2 * * *"}, by=None, now=NOW
    )
    old, young = over(4, State.FAILED), over(1)
    latest()
    for days, job_id in ((4, old.pk), (1, young.pk), (0.5, young.pk + 1000)):
        Occurrence.objects.create(schedule=schedule, nominal_at=NOW - days * DAY, job_id=job_id, noted_at=NOW)
    move()
    assert history() == [old.pk]
    return schedule, old


def test_whoever_waits_for_a_run_sees_how_it_ended(runs):
    schedule, old = runs
    day = Day(schedule.pk, NOW - 10 * DAY, NOW)
    assert [(run.state, run.finished_at == old.finished_at) for run in of_days([day])[day]] == [
        (State.FAILED, True),
        (State.COMPLETED, False),
        (None, False),
    ]


def test_so_do_the_strips(runs):
    schedule, _ = runs
    assert [run.state for run in last_runs([schedule.pk], now=NOW)[schedule.pk]] == [
        None,
        State.COMPLETED,
        State.FAILED,
    ]
    assert len(last_runs([schedule.pk], now=NOW, most=2)[schedule.pk]) == 2


def test_so_does_the_calendar(runs):
    schedule, old = runs
    Job.objects.update(schedule=schedule)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_history SET schedule_id = %s, run_at = finished_at - interval '1 s'", [schedule.pk])
    days = [(NOW - (n + 1) * DAY, NOW - n * DAY) for n in (5, 4, 3)]
    assert [(day.runs, day.failed) for day in counted(days, within=EVERYTHING)] == [(0, 0), (1, 1), (0, 0)]
    assert old.pk in history()


def test_so_do_rest_and_the_page(client, runs, monkeypatch):
    monkeypatch.setattr(clock, "current", lambda: NOW)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    schedule, old = runs
    client.force_login(User.objects.create_superuser("ada"))
    found = client.get(f"/api/v1/schedules/{schedule.pk}/runs/").json()["results"]
    assert [run["job"] and run["job"]["state_name"] for run in found[-3:]] == [None, "completed", "failed"]
    assert f">job {old.pk}</a>" in client.get(reverse("admin:jobs_schedule_page", args=[schedule.pk])).content.decode()
    assert Job.objects.filter(pk=old.pk).count() == 0
