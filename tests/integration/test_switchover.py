"""A primary and its standby, both named in DATABASE_URL: read-only for a while, then a switchover, nothing restarted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings

from jobs.postgresql.base import DatabaseWrapper
from jobs.postgresql.session import ReadOnly
from launcher.home import temporary_home
from launcher.process import stop, tied
from launcher.servers.binaries import find_postgres
from launcher.servers.postgres import Postgres
from project.database_url import parse
from tests.brokers import purge
from tests.integration.conftest import QUICK, Cluster, wait_for
from tests.integration.web import Web

pytestmark = [pytest.mark.processes]

DUE = "INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.noop', '{}', now() + %s * interval '1 second')"


class Standby(Postgres):
    """Its database, extension and password are the primary's."""

    def after_start(self):
        pass


@contextmanager
def pair():
    """A primary with the project's tables, and a standby that follows it. Both are stopped at the end."""
    with temporary_home() as one, temporary_home() as two:
        primary = Postgres(one, find_postgres(one), durable=False)
        running = [primary.start()]
        try:
            standby = Standby(two, find_postgres(two), durable=False)
            copy(primary, standby)
            running.append(standby.start())
            yield primary, standby, running
        finally:
            for process in running:
                stop(process, Postgres.farewell)


def copy(primary, standby):
    program = str(primary.program.path.with_name("pg_basebackup"))
    done = subprocess.run(
        tied(
            [program, "-d", primary.url(), "-D", str(standby.data), "-R", "-X", "stream", "-c", "fast"],
            account=standby.home.account,
        ),
        capture_output=True,
        text=True,
        check=False,
        cwd=standby.folder,
    )
    assert done.returncode == 0, done.stderr


def manage(url, *words):
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SUPERUSER_PASSWORD": "not asked for"}
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def cluster(tmp_path, broker_url, monkeypatch):
    for name, value in QUICK.items():
        monkeypatch.setenv(name, str(value))
    purge(broker_url)
    cluster = Cluster(tmp_path, broker_url, url="set by the test")
    yield cluster
    cluster.close()
    purge(broker_url)


def test_a_primary_that_is_read_only_for_a_while_and_then_replaced_by_its_standby(cluster, django_db_blocker):
    with pair() as (primary, standby, running):
        login, where = primary.url().removeprefix("postgresql://").split("@")
        host, name = where.split("/")
        at_standby = f"postgresql://{login}@127.0.0.1:{standby.port}/{name}"
        url = f"postgresql://{login}@127.0.0.1:{standby.port},{host}/{name}?target_session_attrs=read-write"
        cluster.environment["DATABASE_URL"] = url
        with django_db_blocker.unblock(), pytest.raises(ReadOnly, match="DATABASE_URL leads to a standby"):
            DatabaseWrapper(settings_of(at_standby), "default").connect()
        manage(url, "migrate", "--no-input", "-v", "0")
        manage(url, "createsuperuser", "--no-input", "--username", "ops", "--email", "ops@example.org")
        token = manage(url, "jobs", "tokens", "create", "ops")
        cluster.beat()
        cluster.launch("w1")
        web = Web(cluster.web(), token)

        assert web.post()[0] == 201
        all_completed(primary.url(), 1)

        ask(primary.url(), "ALTER SYSTEM SET default_transaction_read_only = on")
        ask(primary.url(), "SELECT pg_reload_conf()")
        for after in (1, 4, 12):
            ask(primary.url(), DUE, [after])
        refused(web, 6)
        ask(primary.url(), "ALTER SYSTEM RESET default_transaction_read_only")
        ask(primary.url(), "SELECT pg_reload_conf()")
        wait_for(lambda: web.ask("/readyz")[0] == 200, "the web to be ready")
        assert web.post()[0] == 201
        all_completed(primary.url(), 5)

        for after in (3, 12):
            ask(primary.url(), DUE, [after])
        stop(running.pop(0), Postgres.farewell)  # when the standby has all of it
        refused(web, 4)
        ask(at_standby, "SELECT pg_promote()")
        wait_for(lambda: web.ask("/readyz")[0] == 200, "the web to be ready")
        assert web.post()[0] == 201
        all_completed(at_standby, 8)
        assert all(process.poll() is None for process in cluster.processes.values()), "none was restarted"


def ask(at, sql, parameters=()):
    with psycopg.connect(at, autocommit=True, options="-c default_transaction_read_only=off") as session:
        found = session.execute(sql, parameters)
        return found.fetchall() if found.description else None


def all_completed(at, count):
    """So many, each started once."""
    completed = "SELECT count(*) FROM jobs_job WHERE state = 2"
    wait_for(lambda: ask(at, completed) == [(count,)], f"{count} jobs to complete")
    assert ask(at, "SELECT count(*), count(DISTINCT job_id) FROM jobs_attempt") == [(count, count)]


def settings_of(url):
    options = {"AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "TIME_ZONE": None}
    return {**parse(url), **options}


def refused(web, seconds):
    """All that time: in a sentence, with when to come again."""
    wait_for(lambda: web.post()[0] == 503, "a refusal")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        status, headers, body = web.post()
        assert (status, headers["Retry-After"]) == (503, "5"), body
        assert json.loads(body)["detail"].startswith("The database ")
        assert web.ask("/readyz")[0] == 503
        time.sleep(0.3)
