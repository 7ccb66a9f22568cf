"""Every door through which a process shows its settings, asked on real processes: no secret comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from celery.worker.control import Panel
from django.conf import settings
from django.db import connection
from django.test import RequestFactory
from django.utils.html import escape
from django.views.debug import technical_500_response

from jobs.secrets.hidden import Secret
from launcher.home import temporary_home
from launcher.process import stop
from launcher.servers.binaries import find_valkey
from launcher.servers.valkey import Valkey
from project import env
from tests.integration.conftest import wait_for

ROLE = "runat_planted"
DATABASE_PASSWORD = "planted-database/p@ss&<word>"
SIGNING_KEY = "whsec_cGxhbnRlZC1wbGFudGVkLXBsYW50ZWQtcGxhbnRlZA=="
PLANTED = {
    "SECRET_KEY": "planted-secret-key-0123456789-0123456789",
    "JOBS_HTTP_SIGNING_KEYS": f"hooks.example.com={SIGNING_KEY}",
}
SECRETS = PLANTED["SECRET_KEY"], SIGNING_KEY
ARGUMENTS = {"query_task": {"ids": ["a"]}, "hello": {"from_node": "other@host"}, "conf": {"with_defaults": True}}
ASK = """
import json, sys
from project.celery import app

asked = json.loads(sys.argv[1])
ask = lambda door: app.control.broadcast(door, arguments=asked[door], reply=True, timeout=20, limit=1)
print(json.dumps({door: json.dumps(ask(door)) for door in asked}))
"""
EXTRAS = {"objgraph", "memdump", "memsample"}  # need packages that are not installed; they know no settings


@pytest.fixture
def broker_url():
    """A broker of this test alone, with a password that nobody has written down."""
    with temporary_home() as home:
        server = Valkey(home, find_valkey(home), durable=False)
        process = server.start()
        yield server.url()
        stop(process, server.farewell)


@pytest.fixture
def planted(cluster, broker_url):
    """The cluster with secrets of its own. Gives all of them, as they are and as they are in an address."""
    where = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE IF EXISTS {ROLE}")
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN SUPERUSER PASSWORD %s", [DATABASE_PASSWORD])
    address = f"{where['HOST']}:{where['PORT']}/{where['NAME']}"
    quoted = quote(DATABASE_PASSWORD, safe="")
    cluster.environment |= PLANTED | {"DATABASE_URL": f"postgresql://{ROLE}:{quoted}@{address}?sslpassword=planted-ssl"}
    yield {*SECRETS, DATABASE_PASSWORD, quoted, urlsplit(broker_url).password, "planted-ssl"}
    cluster.close()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE {ROLE}")


@pytest.mark.processes
def test_no_door_of_a_worker_shows_a_secret(cluster, planted, broker_url):
    cluster._start("w1", ["worker", "-P", "threads", "-c", "1", "-n", "w1@%h", "-l", "debug", "-E"])
    cluster._start("events", ["events", "--dump"])
    cluster.beat()
    cluster.ready("w1")
    doors = {name: meta for name, meta in Panel.meta.items() if meta.type == "inspect" and name not in EXTRAS}
    assert {"conf", "report", "stats", "query_task", "registered"} <= set(doors)
    said = json.loads(run(cluster, ["-c", ASK, json.dumps({door: ARGUMENTS.get(door, {}) for door in doors})]))
    assert [door for door, answer in said.items() if answer == "[]"] == [], "the worker answers all"
    for words in (
        ["-m", "celery", "-A", "project", "report"],
        ["-m", "celery", "-A", "project", "inspect", "report"],
        ["manage.py", "diffsettings", "--all"],
        ["manage.py", "check", "--deploy"],
    ):
        said[" ".join(words)] = run(cluster, words)
    wait_for(lambda: "HEARTBEAT" in cluster.log("events").upper(), "an event")
    said |= {f"log of {name}": cluster.log(name) for name in ("w1", "events", "beat")}
    shown = {(door, secret) for door, text in said.items() for secret in planted if secret in text}
    assert shown == set()
    assert f":{urlsplit(broker_url).port}" in said["conf"], "where the broker is, is no secret"
    assert not any(name in said["conf"] for name in ("INSTALLED_APPS", "DATABASES", "jobs_", "JOBS_")), "Celery's only"


def run(cluster, words):
    done = subprocess.run(
        [sys.executable, *words],
        env=cluster.environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_page_about_an_error_shows_no_secret(settings, monkeypatch):
    """What psycopg makes of a password on its way to the server is a local variable of its own, and runserver puts the
    environment beside the headers."""
    settings.DEBUG = True
    settings.SECRET_KEY = Secret(PLANTED["SECRET_KEY"])
    settings.JOBS_HTTP_SIGNING_KEYS = [Secret(PLANTED["JOBS_HTTP_SIGNING_KEYS"])]
    settings.CELERY_BROKER_URL = Secret("redis://:planted-broker@127.0.0.1:1/0")
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", Secret(DATABASE_PASSWORD))
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"sslpassword": Secret("planted-ssl")})
    urls = {
        "DATABASE_URL": f"postgresql://u:{quote(DATABASE_PASSWORD, safe='')}@h/n",
        "BROKER_URL": str(settings.CELERY_BROKER_URL),
    }
    request = RequestFactory().get("/", **(PLANTED | urls))
    try:
        psycopg.connect(host="127.0.0.1", port=1, password=DATABASE_PASSWORD, sslpassword="planted-ssl")
    except psycopg.OperationalError:
        for accept in ("text/html", "text/plain"):
            request.META["HTTP_ACCEPT"] = accept
            page = technical_500_response(request, *sys.exc_info()).content.decode()
            assert "OperationalError" in page
            forms = (DATABASE_PASSWORD, quote(DATABASE_PASSWORD, safe=""), escape(DATABASE_PASSWORD), "planted-broker")
            assert [text for text in (*SECRETS, *forms, "planted-ssl") if text in page] == []


def test_what_holds_the_environment_has_no_repr_of_secrets(monkeypatch):
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:planted-database@h/n?sslpassword=planted-ssl")
    monkeypatch.setenv("BROKER_URL", "redis://:planted-broker@h/0")
    found = env.read()
    assert "planted" not in repr(found)
    assert SIGNING_KEY not in repr(found)
    assert found.database["PASSWORD"] == "planted-database"
    assert f"{found.secret_key}" == PLANTED["SECRET_KEY"]


def test_the_object_that_holds_the_environment_is_no_setting():
    assert not [name for name in dir(settings) if isinstance(getattr(settings, name), env.Environment)]
