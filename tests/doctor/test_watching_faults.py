"""Faults of what looks at the platform that are planted, and found: watcher, destinations, figures of the past."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings

from jobs.alerts.watcher import Watcher
from jobs.clock import clock
from jobs.doctor.checks import watching
from jobs.doctor.finding import Verdict
from jobs.models import AlertEvent, Delivery, Destination
from tests.doctor.test_other_faults import certified

__all__ = ["certified"]
AN_HOUR = timedelta(hours=1)


def worst(findings):
    return findings[0].verdict


@pytest.fixture
def ops(db):
    return Destination.objects.create(name="ops", kind="webhook", address="https://127.0.0.1:1/secret-path")


def tried(destination, error, **more):
    now = clock.current()
    return Delivery.objects.create(
        destination=destination,
        event=AlertEvent.TEST,
        made_at=now,
        next_at=now,
        attempts=2,
        error=error,
        **more,
    )


def test_a_watcher_that_does_not_run_is_bad_for_whoever_is_to_be_told(look, healthy):
    assert worst(look("watcher")) is Verdict.NOTE
    Destination.objects.create(name="ops", kind="mail", address="ops@example.com")
    found = look("watcher")
    assert (worst(found), found[0].figure) == (Verdict.WARN, "1 destinations")
    assert "manage.py watch" in found[0].remedy


def test_a_watcher_that_runs_and_one_that_is_silent(look, healthy, monkeypatch):
    lock = Watcher("watch@test").lock
    assert lock.take()
    try:
        assert worst(look("watcher")) is Verdict.OK
        monkeypatch.setattr(watching, "SILENT_AFTER", timedelta(0))
        found = look("watcher")
        assert (worst(found), "no sign of life" in found[0].sentence) == (Verdict.WARN, True)
    finally:
        lock.give_back()
    assert worst(look("watcher")) is Verdict.NOTE


def test_a_destination_that_takes_nothing(look, ops):
    assert worst(look("destinations")) is Verdict.OK, "nothing was sent yet"
    tried(ops, "it answers 500")
    found = look("destinations")
    assert worst(found) is Verdict.WARN
    assert "ops did not take what was sent last: it answers 500" in found[0].sentence
    assert found[0].figure == "It is tried again, after 2 attempts"
    tried(ops, "", done_at=clock.current(), sent=True)
    assert worst(look("destinations")) is Verdict.OK, "it has taken something since"
    tried(ops, "it answers 410", done_at=clock.current())
    assert look("destinations")[0].figure.startswith("It was given up")
    Destination.objects.update(enabled=False)
    assert [one.sentence for one in look("destinations")] == ["Alerts are told to nobody: there is no destination."]


def test_a_certificate_of_a_destination_says_nothing_of_its_address(look, ops, certified):
    found = look("alert-certificates")
    assert worst(found) is Verdict.UNKNOWN
    assert "127.0.0.1" not in str(found)
    Destination.objects.update(address=f"https://localhost:{certified(10)}/secret-path")
    found = look("alert-certificates")
    assert worst(found) is Verdict.WARN
    assert "the destination ops expires soon" in found[0].sentence
    assert "localhost" not in str(found)
    Destination.objects.update(address="https://[::1/")
    with override_settings(JOBS_PUBLIC_URL=""):
        assert worst(look("alert-certificates")) is Verdict.OK


def write(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def sampled(at):
    write(
        "INSERT INTO jobs_rollupqueue (step, at, series_id, samples, pending, pending_max, overdue_max, oldest_max,"
        " slots, busy) VALUES (10, date_bin('10 s', %s, 'epoch'::timestamptz), 0, 1, 0, 0, 0, 0, 0, 0)",
        at,
    )


def test_figures_of_the_past_that_stand_still_lag_behind_or_have_gaps(look, healthy):
    write("DELETE FROM jobs_rollupposition")
    assert worst(look("figures")) is Verdict.NOTE
    now = clock.current()
    upto = "(SELECT coalesce(max(id), 0) FROM jobs_attempt)"
    write(f"INSERT INTO jobs_rollupposition (id, upto, turn, added_at) VALUES (1, {upto}, 0, %s)", now + AN_HOUR)
    assert [one.verdict for one in look("figures")] == [Verdict.OK]
    for seconds in (600, 590, 570, 560):
        sampled(now - timedelta(seconds=seconds))
    found = look("figures")
    assert (worst(found), found[0].figure) == (Verdict.NOTE, "1 of 5 stretches of 10 s")
    sampled(now - timedelta(seconds=580))
    assert [one.verdict for one in look("figures")] == [Verdict.OK]
    write("UPDATE jobs_rollupposition SET upto = upto - 50001")
    assert "lag behind" in look("figures")[0].sentence
    write("UPDATE jobs_rollupposition SET added_at = %s", now - AN_HOUR)
    assert (worst(look("figures")), "stand still" in look("figures")[0].sentence) == (Verdict.WARN, True)
