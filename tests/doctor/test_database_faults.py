"""Faults of the database that are planted, and found: settings, sessions, what is to be cleaned, what is not in force."""

from __future__ import annotations

import shutil
import uuid
from collections import namedtuple
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from jobs.doctor.checks import clocks, sessions, vacuum
from jobs.doctor.finding import Verdict
from jobs.models import Worker
from jobs.scheduler.locksession import BehindPooler

GB = 1024**3


def worst(findings):
    return findings[0].verdict


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("chosen", "verdict"),
    [
        ({"search_path": "runat"}, Verdict.OK),
        ({"statement_timeout": "0"}, Verdict.OK),
        ({"statement_timeout": "5000"}, Verdict.WARN),
        ({"statement_timeout": "5s"}, Verdict.WARN),
        ({"statement_timeout": "10min"}, Verdict.OK),
        ({"idle_session_timeout": "60s"}, Verdict.WARN),
    ],
)
def test_timeouts_that_the_address_chooses(look, db, monkeypatch, chosen, verdict):
    monkeypatch.setitem(settings.DATABASES["default"], "SESSION", chosen)

    assert worst(look("timeouts")) is verdict


def test_more_slots_than_sessions(look, healthy):
    assert worst(look("connections")) is Verdict.OK
    Worker.objects.update(slots=100_000)

    found = look("connections")

    assert worst(found) is Verdict.WARN
    assert "about 100022 needed" in found[0].figure


def test_a_role_with_a_limit_that_is_nearly_used(look, healthy):
    sql("ALTER ROLE CURRENT_USER CONNECTION LIMIT 1")

    assert worst(look("connections")) is Verdict.BAD


def test_a_session_that_stands_still_in_a_transaction(look, transactional_db, other, monkeypatch):
    monkeypatch.setattr(sessions, "STANDS_STILL_FOR", timedelta(seconds=-1))
    assert worst(look("transactions")) is Verdict.OK
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]

    found = [one for one in look("transactions") if f"Session {pid} " in one.sentence]

    assert [one.verdict for one in found] == [Verdict.WARN]
    assert f"pg_terminate_backend({pid})" in found[0].remedy
    other.rollback()


def test_a_transaction_pooler(look, db, monkeypatch):
    assert worst(look("pooler")) is Verdict.OK

    def refuse():
        raise BehindPooler("DATABASE_URL leads to a transaction pooler.")

    monkeypatch.setattr(sessions, "open_session", refuse)

    assert worst(look("pooler")) is Verdict.BAD


def test_autovacuum_that_is_off_for_a_table(look, healthy):
    assert worst(look("autovacuum")) is Verdict.OK
    sql("ALTER TABLE jobs_workerlog SET (autovacuum_enabled = off)")
    sql("ALTER TABLE jobs_job RESET (autovacuum_vacuum_scale_factor)")

    found = look("autovacuum")

    assert [one.verdict for one in found] == [Verdict.BAD, Verdict.WARN]
    assert "ALTER TABLE jobs_workerlog RESET" in found[0].remedy
    assert "jobs_job" in found[1].sentence


def test_a_table_that_is_mostly_dead_rows(look, transactional_db, monkeypatch):
    monkeypatch.setattr(vacuum, "MOST_DEAD", 50)
    sql("ALTER TABLE jobs_workerlog SET (autovacuum_enabled = off)")
    try:
        sql("VACUUM")  # all: tests before this one have left dead rows, too, and five tables are named at most
        assert not [one for one in look("dead-rows") if "jobs_workerlog" in one.sentence]
        sql("INSERT INTO jobs_workerlog (action) SELECT 'QUERYJOB' FROM generate_series(1, 200)")
        sql("DELETE FROM jobs_workerlog")
        sql("SELECT pg_stat_force_next_flush()")
        sql("SELECT 1")

        found = [one for one in look("dead-rows") if "jobs_workerlog" in one.sentence]

        assert [one.verdict for one in found] == [Verdict.WARN]
        assert "200 dead" in found[0].figure
    finally:
        sql("ALTER TABLE jobs_workerlog RESET (autovacuum_enabled)")
        sql("VACUUM jobs_workerlog")


@pytest.mark.parametrize(("most", "verdict"), [(1024 * GB, Verdict.WARN), (-1, Verdict.BAD)])
def test_a_replication_slot_that_nobody_reads(look, transactional_db, monkeypatch, most, verdict):
    """Kept is what was written since the last checkpoint: by all tests of this server, thus the bound is the test's."""
    monkeypatch.setattr(vacuum, "KEPT_WAL", most)
    slot = f"runat_{uuid.uuid4().hex[:8]}"
    assert slot not in str(look("replication-slots"))
    sql(f"SELECT pg_create_physical_replication_slot('{slot}', true)")
    try:
        found = [one for one in look("replication-slots") if slot in one.sentence]
    finally:
        sql(f"SELECT pg_drop_replication_slot('{slot}')")

    assert [one.verdict for one in found] == [verdict]
    assert slot in found[0].remedy


@pytest.mark.parametrize(("name", "verdict"), [("OLD_AGE", Verdict.WARN), ("OLDEST_AGE", Verdict.BAD)])
def test_transaction_numbers_that_run_out(look, db, monkeypatch, name, verdict):
    assert worst(look("wraparound")) is Verdict.OK
    monkeypatch.setattr(vacuum, name, -1)

    assert worst(look("wraparound")) is verdict


@pytest.mark.parametrize(("free", "verdict"), [(50 * GB, Verdict.OK), (5 * GB, Verdict.WARN), (GB // 2, Verdict.BAD)])
@pytest.mark.django_db
def test_a_disk_that_is_full(look, monkeypatch, tmp_path, free, verdict):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(vacuum, "_folder", lambda patient: tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(100 * GB, 100 * GB - free, free))

    assert worst(look("disk")) is verdict


def test_a_disk_of_another_machine(look, db, monkeypatch):
    monkeypatch.setattr(vacuum, "HERE", ())

    assert worst(look("disk")) is Verdict.NOTE


def test_an_index_that_was_not_built(look, transactional_db, other):
    """As CREATE INDEX CONCURRENTLY leaves it when it fails."""
    assert worst(look("indexes")) is Verdict.OK
    sql("INSERT INTO jobs_workerlog (action) SELECT 'QUERYJOB' FROM generate_series(1, 2)")
    with pytest.raises(DatabaseError), other.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY runat_planted ON jobs_workerlog (action)")
    try:
        found = look("indexes")
    finally:
        sql("DROP INDEX runat_planted")

    assert [one.verdict for one in found] == [Verdict.BAD]
    assert "runat_planted of jobs_workerlog" in found[0].sentence


def test_a_rule_that_was_not_validated(look, rights_audited):
    assert worst(look("rules")) is Verdict.OK
    sql("ALTER TABLE jobs_workerlog ADD CONSTRAINT runat_planted CHECK (results >= 0) NOT VALID")

    found = look("rules")

    assert [one.verdict for one in found] == [Verdict.WARN]
    assert found[0].remedy == "ALTER TABLE jobs_workerlog VALIDATE CONSTRAINT runat_planted."


def test_a_trigger_that_is_switched_off(look, rights_audited):
    sql("ALTER TABLE auth_user DISABLE TRIGGER USER")

    found = look("rules")

    assert worst(found) is Verdict.WARN
    assert "auth_user" in found[0].sentence


def test_a_collation_that_sorts_otherwise_than_before(look, db):
    assert worst(look("collations")) is Verdict.OK
    sql("SET LOCAL allow_system_table_mods = on")
    sql("UPDATE pg_database SET datcollversion = '0.planted' WHERE datname = current_database()")

    found = look("collations")

    assert worst(found) is Verdict.BAD
    assert found[0].figure.startswith("0.planted, now ")


def test_a_clock_of_this_machine_is_the_databases(look, db, monkeypatch):
    monkeypatch.setattr(clocks, "_kernel_status", lambda: clocks.UNSYNCHRONIZED)
    assert worst(look("clock-kept")) is Verdict.WARN
    monkeypatch.setattr(clocks, "HERE", ())

    assert worst(look("clock-kept")) is Verdict.NOTE
