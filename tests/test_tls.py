"""Behind TLS cookies, redirects and HSTS are as it wants them; one machine without it goes on as before."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.docker.conftest import TOP, read_env

ASK = """
import json
from project import settings
names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS")
print(json.dumps([getattr(settings, name) for name in names]))
"""
HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def python(*words: str, **given: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DATABASE_URL", "BROKER_URL") if name in os.environ}
    return subprocess.run(
        [sys.executable, *words],
        cwd=TOP,
        env=kept | {"SECRET_KEY": "0123456789" * 5} | given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, [False, False, False, 0, HOSTS, []]),
        (
            {"JOBS_PUBLIC_URL": "http://runat.lan:8000"},
            [False, False, False, 0, [*HOSTS, "runat.lan"], ["http://runat.lan:8000"]],
        ),
        (
            {"JOBS_PUBLIC_URL": "https://runat.example.com/", "ALLOWED_HOSTS": "runat.example.com"},
            [True, True, True, 365 * 86400, ["runat.example.com"], ["https://runat.example.com"]],
        ),
        (
            {"JOBS_PUBLIC_URL": "https://[2001:db8::1]", "JOBS_HSTS_DAYS": "0"},
            [True, True, True, 0, [*HOSTS, "[2001:db8::1]"], ["https://[2001:db8::1]"]],
        ),
    ],
)
def test_the_public_address_decides(given, said):
    done = python("-c", ASK, **given)
    assert json.loads(done.stdout) == said, done.stderr


@pytest.fixture
def behind_tls(settings):
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 86400


@pytest.mark.django_db
def test_plain_requests_are_led_to_tls_and_cookies_stay_on_it(behind_tls):
    led = Client().get("/login/?next=/")
    assert (led.status_code, led["Location"]) == (301, "https://testserver/login/?next=/")
    page = Client().get("/login/", secure=True)
    assert page["Strict-Transport-Security"] == "max-age=86400"
    assert page.cookies["csrftoken"]["secure"]


@pytest.mark.django_db
def test_probes_are_answered_without_tls(behind_tls):
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/readyz", HTTP_X_FORWARDED_PROTO="https").status_code != 421


def test_a_proxy_that_is_not_named_is_told_instead_of_a_redirect_without_end(behind_tls):
    answer = Client().get("/login/", HTTP_X_FORWARDED_PROTO="https", REMOTE_ADDR="172.18.0.1")
    assert answer.status_code == 421
    assert "says 172.18.0.1, and JOBS_PROXIES does not name that address" in answer.content.decode()


def test_the_production_example_is_clean_to_djangos_checks():
    text = (TOP / "docker" / ".env.example").read_text()
    lines = [line.removeprefix("#") if line.startswith("#JOBS_") else line for line in text.splitlines()]
    example = {name: value for name, value in read_env("\n".join(lines)).items() if name.startswith("JOBS_")}
    assert example["JOBS_PUBLIC_URL"].startswith("https://")
    assert "JOBS_PROXIES" in example
    done = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **example)
    assert done.returncode == 0, done.stderr
    plain = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **example | {"JOBS_PUBLIC_URL": ""})
    assert "security.W012" in plain.stderr, "the check sees what it should"
    assert django_settings.SILENCED_SYSTEM_CHECKS == ["security.W005", "security.W021"]
