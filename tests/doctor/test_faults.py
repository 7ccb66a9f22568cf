"""The doctor finds each fault that is planted, and finds nothing of the kind without it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings

from jobs.clock import clock
from jobs.doctor import CHECKS, examine
from jobs.doctor.finding import Verdict
from jobs.doctor.patient import Patient
from jobs.models import Job, Leadership, Worker
from tests.monitor import rows

# What is so of the tests' own server and machine: no fsync, triggers of the audit switched off, the user root, slots that
# another test has planted.
OF_THE_TEST_SERVER = {"durability", "clock-kept", "rules", "root", "disk", "replication-slots"}


def worst(findings):
    return findings[0].verdict


def test_a_healthy_installation_is_well(healthy):
    report = examine()

    wrong = {
        line.check: line.finding for line in report.lines if line.finding.verdict not in (Verdict.OK, Verdict.NOTE)
    }
    assert set(wrong) <= OF_THE_TEST_SERVER
    assert {line.check for line in report.lines} == {check.name for check in CHECKS}


@pytest.mark.parametrize(
    ("check", "settings", "verdict"),
    [
        ("settings", {"JOBS_ARM_LEAD": 11}, Verdict.BAD),
        ("settings", {"JOBS_MAX_DELAY_TIME": 12}, Verdict.WARN),
        ("debug", {"DEBUG": True}, Verdict.WARN),
        ("secret-key", {"SECRET_KEY": "short"}, Verdict.BAD),
        ("secret-key", {"SECRET_KEY": "a" * 50}, Verdict.BAD),
        ("secret-key", {"SECRET_KEY": "django-insecure-abcdefghijklmnopqrstuvwxyz"}, Verdict.BAD),
        ("allowed-hosts", {"ALLOWED_HOSTS": ["*"]}, Verdict.WARN),
        ("allowed-hosts", {"ALLOWED_HOSTS": []}, Verdict.BAD),
        ("allowed-hosts", {"ALLOWED_HOSTS": [".example.com"]}, Verdict.NOTE),
    ],
)
def test_a_setting(look, db, check, settings, verdict):
    assert worst(look(check)) is Verdict.OK
    with override_settings(**settings):
        assert worst(look(check)) is verdict


def test_a_setting_that_is_none(look, db, monkeypatch):
    monkeypatch.setenv("JOBS_WISHES", "3")
    found = look("settings")

    assert worst(found) is Verdict.WARN
    assert "JOBS_WISHES" in found[0].sentence


def test_a_migration_that_was_not_applied(look, healthy):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)")

    found = look("migrations", "workers")

    assert [one.verdict for one in found] == [Verdict.BAD, Verdict.UNKNOWN]
    assert found[0].remedy == "python manage.py migrate"
    assert "tables are not up to date" in found[1].sentence


def test_a_clock_of_this_machine_that_is_off(look, db, monkeypatch):
    assert worst(look("clock")) is Verdict.OK
    real = time.time
    monkeypatch.setattr("jobs.clock.time.time", lambda: real() + 3)

    found = look("clock")

    assert worst(found) is Verdict.WARN
    assert "ahead" in found[0].sentence
    assert -3100 < float(found[0].figure.removesuffix(" ms")) < -2900


@pytest.mark.parametrize(("status", "verdict"), [(0x40, Verdict.WARN), (0x2001, Verdict.OK), (None, Verdict.NOTE)])
def test_a_clock_that_nothing_keeps(look, db, monkeypatch, status, verdict):
    monkeypatch.setattr("jobs.doctor.checks.clocks._kernel_status", lambda: status)

    assert worst(look("clock-kept")) is verdict


def test_a_clock_of_a_worker_that_is_off(look, healthy):
    assert look("clock-of-workers")[0].figure == "at most 1.5 ms"
    Worker.objects.update(offset_ms=-900)

    found = look("clock-of-workers")

    assert worst(found) is Verdict.WARN
    assert "w1@host is ahead" in found[0].sentence


def test_commits_that_are_not_durable(look, transactional_db, other):
    """As a person who has set it for the database: new sessions have it, and ours hide it from others' eyes only."""
    name = connection.settings_dict["NAME"]
    try:
        for value in ("off", "on"):
            with other.cursor() as cursor:
                cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = {value}')
            connection.close()
            found = [one for one in look("durability") if one.figure == "synchronous_commit = off"]
            assert [one.verdict for one in found] == ([Verdict.WARN] if value == "off" else [])
    finally:
        with other.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" RESET synchronous_commit')
        connection.close()


def test_a_server_that_does_not_write_through(look, db):
    """The tests' own server, or one with which it is not so."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        is_off = cursor.fetchone()[0] == "off"

    assert ("fsync = off" in [one.figure for one in look("durability")]) is is_off


def test_a_broker_that_is_down(look, db):
    assert worst(look("broker")) is Verdict.OK

    found = look("broker", patient=Patient("redis://:secret-word@127.0.0.1:1/0"))

    assert worst(found) is Verdict.BAD
    assert "secret-word" not in str(found)


def test_no_leader(look, healthy):
    assert worst(look("leader")) is Verdict.OK
    Leadership.objects.update(listed_at=clock.current() - timedelta(seconds=30))

    found = look("leader")

    assert worst(found) is Verdict.BAD
    assert "celery -A project beat" in found[0].remedy


def test_jobs_that_are_not_published(look, healthy):
    assert worst(look("published")) is Verdict.OK
    Leadership.objects.update(unpublished_since=clock.current() - timedelta(seconds=30))

    assert worst(look("published")) is Verdict.WARN


def test_overdue_jobs_of_a_queue_without_a_worker(look, healthy):
    now = clock.current()
    rows.pending(now + timedelta(hours=1), queue="default")
    assert [worst(look(name)) for name in ("overdue", "queues")] == [Verdict.OK, Verdict.OK]
    rows.pending(now - timedelta(minutes=5), queue="mail")

    assert [(one.verdict, "mail" in one.sentence) for one in look("overdue")] == [(Verdict.BAD, True)]
    assert look("queues")[0].remedy.endswith("-Q mail")
    Job.objects.all().delete()


def test_a_worker_that_has_vanished(look, healthy):
    assert worst(look("workers")) is Verdict.OK
    now = clock.current()
    rows.worker(now, "w2@host", silent=timedelta(minutes=5))

    found = look("workers")

    assert worst(found) is Verdict.WARN
    assert "w2@host" in found[0].sentence


def test_no_worker(look, healthy):
    Worker.objects.update(stopped_at=clock.current())

    assert worst(look("workers")) is Verdict.BAD


def test_workers_that_refuse(look, healthy):
    Worker.objects.update(refusing="memory is over 95 %")
    assert [one.sentence for one in look("workers")] == ["All workers refuse jobs: none will start."]
    rows.worker(clock.current(), "w2@host", silent=-timedelta(minutes=10))

    assert [one.verdict for one in look("workers")] == [Verdict.NOTE, Verdict.OK]
