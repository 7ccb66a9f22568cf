"""Payroll must not run twice: a dump, a hundred jobs, and the dump put back, with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from celery import current_app
from django.conf import settings
from psycopg import sql

from jobs.installation import Identity
from tests.integration.conftest import EXACTLY_ONCE, database_url, name_anew, wait_for

pytestmark = [pytest.mark.processes]

NAME = f"restored_installation_{os.getpid()}"  # two test processes share the server
JOBS = 100
INSERT = """
INSERT INTO jobs_job (name, target, payload, run_at)
SELECT 'payroll ' || n, 'demo.noop', '{}', now() + interval '3 s' FROM generate_series(1, 100) AS n
"""
WINDOWS_LATER = "SELECT listed_at > held_at + interval '8 s' FROM jobs_leadership, jobs_installation"


# What is in partitions comes with their table.
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
COPY_OUT = "COPY (SELECT * FROM {}) TO STDOUT"


class Database:
    """A whole installation's, which is dumped by COPY: pg_dump is not everywhere, and must be as new as the server. Like
    pg_dump and pg_restore it makes new tables, and puts the rows and the sequences of the old ones into them."""

    def __init__(self, cluster, templates):
        self.url = f"{database_url().rpartition('/')[0]}/{NAME}"
        self._environment = cluster.environment | {"DATABASE_URL": self.url}
        self._templates = iter(templates)
        self.make()

    def make(self):
        self._server(f'CREATE DATABASE {NAME} TEMPLATE "{next(self._templates)}"')
        name_anew(self.url)

    def drop(self):
        self._server(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")

    def manage(self, *command):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, env=self._environment, check=True
        )

    def ask(self, statement):
        with psycopg.connect(self.url) as database:
            cursor = database.execute(statement)
            return cursor.fetchall() if cursor.description else None

    def one(self, statement):
        return self.ask(statement)[0][0]

    def dump(self):
        tables = [name for (name,) in self.ask(TABLES)]
        sequences = self.ask("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL")
        rows = {}
        with psycopg.connect(self.url) as database:
            for table in tables:
                with database.cursor().copy(sql.SQL(COPY_OUT).format(sql.Identifier(table))) as copy:
                    rows[table] = b"".join(bytes(part) for part in copy)
        return rows, sequences

    def restore(self, dump):
        rows, sequences = dump
        self.drop()
        self.make()
        with psycopg.connect(self.url) as database:
            database.execute("SET session_replication_role = replica")  # no foreign keys meanwhile, as pg_restore
            for table in rows:
                database.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for table, text in rows.items():
                with database.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(text)
            for name, value in sequences:
                database.execute("SELECT setval(%s, %s)", [name, value])

    def _server(self, statement):
        with psycopg.connect(database_url(), autocommit=True) as server:
            server.execute(statement)


@pytest.fixture
def database(cluster, templates):
    assert urlsplit(database_url()).path.strip("/") != NAME
    database = Database(cluster, templates)
    yield database
    cluster.close()
    database.drop()


def start(cluster, database, name=""):
    cluster.launch(f"w{name}", DATABASE_URL=database.url)
    cluster.beat(f"beat{name}", DATABASE_URL=database.url)


def completed(database):
    return database.one("SELECT count(*) FROM jobs_job WHERE state = 2")


def payroll_runs_once(cluster, database, broker_url):
    start(cluster, database)
    wait_for(lambda: database.one("SELECT count(table_oid) FROM jobs_installation"), "a beat to lead")
    database.ask(INSERT)
    dump = database.dump()
    wait_for(lambda: completed(database) == JOBS, "all jobs to run")
    for name in ("w", "beat"):
        cluster.stop(name)

    database.restore(dump)
    assert completed(database) == 0
    start(cluster, database, "2")
    wait_for(lambda: database.one("SELECT count(held_at) FROM jobs_installation"), "the beat to notice")
    database.ask(INSERT)  # made since: these wait too
    wait_for(lambda: database.one(WINDOWS_LATER), "some windows to pass")
    assert database.one("SELECT count(*) FROM jobs_attempt") == 0, f"payroll ran twice; {EXACTLY_ONCE}"
    assert "No job starts until a person releases them" in cluster.log("beat2")

    last = database.one("SELECT max(run_at) FROM (SELECT run_at FROM jobs_job ORDER BY id LIMIT 100) AS payroll")
    after = (last + timedelta(milliseconds=1)).isoformat()
    database.manage("release_restored", "--reason", "payroll has run", "--cancel-due-before", after)
    wait_for(lambda: completed(database) == JOBS, "what was made since to run")
    counts = database.ask("SELECT state, count(*) FROM jobs_job GROUP BY state ORDER BY state")
    assert counts == [(2, JOBS), (4, JOBS)]
    assert database.one("SELECT count(*) FROM jobs_attempt") == JOBS, EXACTLY_ONCE


def test_with_valkey(cluster, database, broker_url):
    payroll_runs_once(cluster, database, broker_url)


@pytest.mark.rabbitmq
class TestRabbitMQ:
    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        return rabbitmq_url

    def test_with_rabbitmq(self, cluster, database, broker_url):
        try:
            payroll_runs_once(cluster, database, broker_url)
        finally:
            ((identity, incarnation),) = database.ask("SELECT identity, incarnation FROM jobs_installation")
            forget(broker_url, Identity(identity, incarnation).mark)


def forget(broker_url, mark):
    with current_app.connection(broker_url) as broker:
        broker.default_channel.queue_delete(f"runat-memory-{mark}")
