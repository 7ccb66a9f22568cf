"""Rows of the small tables go when they are old, some at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from jobs.models import Attempt, Audit, Installation, Kept, Occurrence, Subject, Upload, Worker, WorkerLog
from jobs.models.worker import WORKERS_FOR
from jobs.scheduler import history as service
from jobs.scheduler.history import old_rows
from jobs.scheduler.rescue import rescue
from jobs.states import Cause, State
from jobs.transitions.schedules import definitions
from tests.conftest import NOW
from tests.monitor.rows import running, worker

pytestmark = pytest.mark.django_db(transaction=True)


TODAY = datetime.now(tz=UTC)


def ago(days):
    return NOW - timedelta(days=days)


def log(*days):
    for day in days:
        WorkerLog.objects.create(action="QUERYLIST", client=str(day), at=ago(day))


def left():
    return sorted(WorkerLog.objects.values_list("client", flat=True))


def test_the_worker_log_goes_after_two_weeks():
    log(13.9, 14.1)
    assert old_rows(now=NOW) == service.OLD_EVERY
    assert left() == ["13.9"]


def test_many_go_in_parts_and_the_next_call_goes_on(monkeypatch):
    monkeypatch.setattr(service, "OLD_AT_A_TIME", 2)
    log(*range(15, 20))
    assert old_rows(now=NOW, seconds=0) == 0.0
    assert left() == ["15", "16", "17"], "the oldest first"
    assert old_rows(now=NOW) == service.OLD_EVERY
    assert left() == []


def note(days, **more):
    """The table itself refuses to lose what is young, by the database's own clock."""
    return Audit.objects.create(
        verb="cancel", at=TODAY - timedelta(days=days), **{"subject": Subject.QUEUE, "name": "mail"} | more
    )


def test_the_audit_goes_after_two_years_but_that_of_a_job_that_is_kept():
    job = {"subject": Subject.JOB, "name": "", "from_state": 0, "to_state": 4}
    note(731)
    note(731, job_id=7, **job)
    kept = note(731, job_id=8, **job)
    young = note(729)
    Kept.objects.create(job_id=8, at=NOW)
    old_rows(now=TODAY)
    assert list(Audit.objects.values_list("pk", flat=True)) == [kept.pk, young.pk]


def test_sessions_go_when_they_have_expired():
    for days in (-1, 1):
        Session.objects.create(session_key=str(days), session_data="", expire_date=ago(days))
    old_rows(now=NOW)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["-1"]


def test_notes_of_schedules_in_shadow_go_and_no_others():
    schedule = definitions.create_schedule(
        {"name": "s", "target": "demo.noop", "dialect": "cron", "expression": "30 2 * * *"}, by=None, now=NOW
    )
    for days, cause in ((89, Cause.SHADOW), (91, Cause.SHADOW), (92, Cause.PAUSED)):
        Occurrence.objects.create(schedule=schedule, nominal_at=ago(days), cause=cause, noted_at=NOW)
    old_rows(now=NOW)
    noted = Occurrence.objects.filter(cause__isnull=False)
    assert sorted(noted.values_list("nominal_at", flat=True)) == [ago(92), ago(89)]


def test_nothing_goes_where_it_is_off(django_assert_num_queries):
    Installation.objects.update(retention_on_at=None)
    log(1000)
    note(1000)
    worker(ago(1000), gone_at=ago(1000))
    Session.objects.create(session_key="1", session_data="", expire_date=ago(1))
    with django_assert_num_queries(8):  # one for each of seven tables, and one for the arguments of proposals
        assert old_rows(now=NOW) == service.OLD_EVERY
    assert left() == ["1000"]
    assert [table.objects.count() for table in (Audit, Session, Worker)] == [1, 1, 1]


def test_uploads_go_when_their_hour_is_over_wherever_what_else_is_old_stays():
    Installation.objects.update(retention_on_at=None)
    some = {"content": b"", "zone": "UTC", "total": 0, "wrong": 0, "found": {}}
    ada = User.objects.create(username="ada")
    for name, ends_at in {"over": NOW - timedelta(seconds=1), "looked at": NOW + timedelta(seconds=1)}.items():
        Upload.objects.create(owner=ada, name=name, digest=name, ends_at=ends_at, **some)
    old_rows(now=NOW)
    assert [upload.name for upload in Upload.objects.all()] == ["looked at"]


def test_workers_go_when_there_are_no_figures_of_their_time_any_more():
    """A day before it, the page of the past has still who was there."""
    for name, days in {"old": WORKERS_FOR.days + 1, "in the figures": WORKERS_FOR.days - 1}.items():
        worker(ago(days), name, gone_at=ago(days))
    worker(ago(1000), "silent, and nobody has looked")
    worker(ago(1000), "stopped, and nobody has looked", stopped_at=ago(1000))
    old_rows(now=NOW)
    kept = ["in the figures", "silent, and nobody has looked", "stopped, and nobody has looked"]
    assert list(Worker.objects.values_list("name", flat=True)) == kept


def test_workers_go_in_parts(monkeypatch):
    monkeypatch.setattr(service, "OLD_AT_A_TIME", 2)
    for days in range(1000, 1005):
        worker(ago(days), str(days), gone_at=ago(days))
    assert old_rows(now=NOW, seconds=0) == 0.0
    assert list(Worker.objects.values_list("name", flat=True)) == ["1000", "1001", "1002"], "the oldest first"


def test_a_start_that_a_forgotten_worker_left_open_is_settled_and_keeps_its_name():
    gone = worker(ago(1000), gone_at=ago(1000))
    job = running(ago(1000), session=gone.session)
    old_rows(now=NOW)
    assert not Worker.objects.exists()
    assert rescue(now=NOW, patience=timedelta(seconds=20), watching_since=ago(1)) == 1
    start = Attempt.objects.get(job=job)
    assert (start.outcome, start.worker) == (State.INTERRUPTED, "w1@host")
