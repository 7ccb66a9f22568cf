"""`manage.py doctor`: text and JSON, the exit code, and a database and broker that are away."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

TOP = Path(__file__).parents[2]
FIELDS = {"format", "at", "host", "seconds", "verdict", "exit_code", "counts", "findings"}


def asked(*words):
    out = io.StringIO()
    try:
        call_command("doctor", *words, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def test_json_has_a_stable_shape(healthy):
    code, text = asked("--json")
    said = json.loads(text)

    assert set(said) == FIELDS
    assert said["exit_code"] == code
    assert list(said["counts"]) == ["bad", "warn", "unknown", "note", "ok"]
    assert sum(said["counts"].values()) == len(said["findings"])
    assert {frozenset(one) for one in said["findings"]} == {
        frozenset({"check", "verdict", "sentence", "figure", "remedy"})
    }
    assert all(isinstance(part, str) for one in said["findings"] for part in one.values())


def test_text_has_no_colours_outside_of_a_terminal(healthy):
    _, text = asked()

    assert "\x1b" not in text
    assert "secret-key" in text


@pytest.mark.processes
def test_it_says_what_is_so_when_database_and_broker_are_away():
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://me:pass-word-of-mine@127.0.0.1:1/runat",
        "BROKER_URL": "redis://:word-of-the-broker@127.0.0.1:1/0",
        "SECRET_KEY": "k3y-of-the-test-0123456789-abcdefghijklmnopqr",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=TOP,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    said = {one["check"]: one for one in json.loads(done.stdout)["findings"]}

    assert done.returncode == 2
    assert said["database"]["verdict"] == said["broker"]["verdict"] == "bad"
    assert said["secret-key"]["verdict"] == "ok"
    assert said["leader"]["verdict"] == "unknown"
    secrets = ("pass-word-of-mine", "word-of-the-broker", environment["SECRET_KEY"])
    assert not [secret for secret in secrets if secret in done.stdout + done.stderr]
