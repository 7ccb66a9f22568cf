"""Commands of manage.py: who acts, and what the shell is told."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError

from jobs.management.here import Here
from jobs.models import Audit, Job


def told(*words: str) -> tuple[int, str, str]:
    """Return exit code, output and errors of a command."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(*words, stdout=out, stderr=err)
    except SystemExit as left:
        code = int(left.code or 0)
    return code, out.getvalue(), err.getvalue()


CREATE = ("jobs", "create", "demo.sleep", "--run-at", "2099-01-01T00:00:00Z", "--json")


def test_a_program_acts_where_nobody_is_named(db: None):
    code, out, _ = told(*CREATE)
    number = json.loads(out)["id"]

    assert code == 0
    assert Job.objects.get(pk=number).created_by is None
    assert told("jobs", "cancel", str(number))[0] == 0
    assert Job.objects.get(pk=number).reason == "Cancelled by a program on the command line."
    assert Audit.objects.get(job_id=number).by is None


def test_a_user_who_is_named_acts_by_his_rights(ada: User):
    code, out, _ = told("jobs", "--as", "ada", *CREATE[1:])

    assert code == 0
    assert Job.objects.get(pk=json.loads(out)["id"]).created_by == ada
    User.objects.create_user("bob")
    code, out, err = told("jobs", "--as", "bob", "cancel", str(Job.objects.get().pk))
    assert (code, out) == (1, "")
    assert "jobs.control_job" in err
    assert told("jobs", "--as", "carol", "list") == (2, "", "There is no user 'carol'; give the name of one.\n")


def test_workers_and_queues_are_commands(db: None):
    assert told("workers") == (0, "There is no worker: nothing starts.\n", "")
    assert told("queues", "--json") == (0, "", "")


def test_a_database_that_is_away_is_no_refusal(db: None, monkeypatch: pytest.MonkeyPatch):
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(Here, "workers", away)

    code, out, err = told("workers")
    assert (code, out) == (5, "")
    assert "The database cannot be reached" in err


def test_a_rehearsal_leaves_nothing(db: None):
    code, out, _ = told(*CREATE[:-1], "--dry-run")

    assert code == 0
    assert out.startswith("A job would be created: demo.sleep, queue default")
    assert not Job.objects.exists()
