"""One check that fails, hangs or may not look stops no other; nothing is changed; what is away is named once."""

from __future__ import annotations

import time

import pytest
from django.conf import settings
from django.db import connection

from jobs.doctor import examination
from jobs.doctor import patient as patients
from jobs.doctor.examination import examine
from jobs.doctor.finding import Check, Needs, Verdict, bad, note, ok, unknown, warn
from jobs.doctor.patient import Patient
from jobs.models import Worker
from tests.monitor import rows


def check(name, look, needs=Needs.NOTHING):
    return Check(name, "something", look, needs)


def found(report):
    return {line.check: line.finding for line in report.lines}


def well(patient):
    return [ok("Well.")]


def test_a_check_that_raises_stops_no_other(db):
    def broken(patient):
        raise RuntimeError("no such thing")

    seen = found(examine([check("first", broken), check("second", well)]))

    assert seen["second"].verdict is Verdict.OK
    assert seen["first"] == unknown("It could not be looked at: RuntimeError: no such thing", "Look again.")


def test_a_check_that_hangs_is_ended(db, monkeypatch):
    monkeypatch.setattr("jobs.doctor.examination.bounded", lambda: patients.bounded(0.05))

    seen = found(examine([check("first", lambda patient: time.sleep(60)), check("second", well)]))

    assert "TookTooLong" in seen["first"].sentence
    assert seen["second"].verdict is Verdict.OK


def test_a_statement_that_takes_long_is_ended(db, monkeypatch):
    monkeypatch.setitem(patients.SETTINGS, "statement_timeout", "20ms")

    def slow(patient):
        patient.rows("SELECT pg_sleep(60)")

    seen = found(examine([check("first", slow, Needs.DATABASE), check("second", well, Needs.DATABASE)]))

    assert seen["first"].sentence == "It could not be looked at: the database took too long over it."
    assert seen["second"].verdict is Verdict.OK


def test_what_is_left_when_the_time_is_over_is_not_looked_at(db, monkeypatch):
    monkeypatch.setattr(examination, "PATIENCE", -1.0)

    assert found(examine([check("first", well)]))["first"].verdict is Verdict.UNKNOWN


def test_a_check_cannot_change_anything(healthy):
    def changing(patient):
        Worker.objects.update(name="other")
        return [ok("Changed.")]

    seen = found(examine([check("first", changing, Needs.TABLES)]))

    assert seen["first"].verdict is Verdict.UNKNOWN
    assert "read-only" in seen["first"].sentence
    assert Worker.objects.get().name == "w1@host"


def test_the_session_is_as_before(healthy):
    examine([check("first", well, Needs.DATABASE)])

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')")
        assert cursor.fetchone() == ("0", "off")


def test_who_may_not_look_hears_which_right_lets_him(db, monkeypatch):
    def forbidden(patient):
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE runat_doctor_nobody")
            cursor.execute("SET LOCAL ROLE runat_doctor_nobody")
            cursor.execute("SELECT * FROM jobs_job")

    monkeypatch.delitem(patients.SETTINGS, "transaction_read_only")
    seen = found(examine([check("first", forbidden, Needs.DATABASE)]))

    assert seen["first"].verdict is Verdict.UNKNOWN
    assert "pg_monitor" in seen["first"].remedy


def test_a_database_that_is_away_is_named_once_and_not_asked_again(monkeypatch):
    patient = Patient()
    patient.database_away = "connection refused"
    monkeypatch.setattr(patient, "connect", lambda: None)
    asked = []

    seen = found(examine([check("first", asked.append, Needs.TABLES), check("second", well)], patient))

    assert seen["first"].sentence == "It could not be looked at: the database does not answer."
    assert seen["second"].verdict is Verdict.OK
    assert asked == []


def test_a_session_that_is_ended_meanwhile_costs_one_check(transactional_db, other):
    def ended(patient):
        pid = patient.value("SELECT pg_backend_pid()")
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        patient.value("SELECT 1")

    patient = Patient()
    seen = found(examine([check("first", ended, Needs.DATABASE), check("second", well, Needs.DATABASE)], patient))

    assert seen["first"].verdict is Verdict.UNKNOWN
    assert seen["second"].verdict is Verdict.OK


def test_the_worst_stands_first_and_decides(db):
    checks = [
        check("one", lambda p: [ok("Well.")]),
        check("two", lambda p: [note("Meant?"), bad("Lost.", "Find it.")]),
        check("three", lambda p: [warn("Soon.", "Hurry.")]),
    ]
    report = examine(checks)

    assert [line.check for line in report.lines] == ["two", "three", "two", "one"]
    assert (report.verdict, report.exit_code) == (Verdict.BAD, 2)


@pytest.mark.parametrize(
    ("finding", "code"),
    [(ok("A."), 0), (note("A."), 0), (warn("A.", "B."), 1), (unknown("A."), 1), (bad("A.", "B."), 2)],
)
def test_the_exit_code_is_that_of_the_worst(db, finding, code):
    assert examine([check("one", lambda p: [ok("Well."), finding])]).exit_code == code


def test_no_secret_is_shown(db):
    key = str(settings.SECRET_KEY)

    def telling(patient):
        yield note(f"It is {key}.", f"Use {key}", key)
        raise RuntimeError(key)

    shown = str(examine([check("one", telling), check("two", lambda p: [note(key, key, key)])]).as_json())

    assert key not in shown
    assert shown.count("********") >= 4


def test_a_report_has_lines_for_a_terminal(healthy):
    rows.worker(healthy.heartbeat_at, "w2@host")
    report = examine([check("one", lambda p: [warn("Too few " + "words " * 30, "Say more.", "7 words")])])
    lines = list(report.as_text(columns=80, paint=lambda verdict, text: text))

    assert lines[0].startswith("warn     one                   Too few words")
    assert max(map(len, lines[:-1])) <= 80
    assert any(line.strip() == "-> Say more." for line in lines)
    assert lines[-1].endswith("1 warn.")
