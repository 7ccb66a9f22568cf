"""manage.py seed_demo: the way to a first token."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client, RequestFactory

from jobs.models import Job
from tests.api.conftest import JOBS


def run(*words: str) -> list[str]:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().splitlines()


def credentials(lines: list[str]) -> dict[str, Any]:
    (line,) = [line for line in lines if line.startswith("credentials: ")]
    told: dict[str, Any] = json.loads(line.removeprefix("credentials: "))
    return told


def test_the_first_start_makes_an_administrator_and_jobs(db: None) -> None:
    told = credentials(run("seed_demo"))
    user = authenticate(RequestFactory().post("/login/"), username="admin", password=told["password"])
    assert user is not None
    assert user.is_superuser
    api = Client(headers={"Authorization": f"Bearer {told['token']}"})
    jobs = api.get(JOBS).json()["results"]
    assert len(jobs) == 10
    bursts = {job["run_at"] for job in jobs if job["name"].startswith("burst")}
    assert len(bursts) == 1
    assert {job["target"] for job in jobs} == {"demo.sleep", "demo.log", "demo.fail", "demo.noop"}


def test_each_later_start_makes_one_job_due_soon(db: None) -> None:
    first = credentials(run("seed_demo"))
    before = set(Job.objects.values_list("pk", flat=True))
    assert credentials(run("seed_demo")) == {"username": "admin", "password": None, "token": None}
    assert authenticate(RequestFactory().post("/login/"), username="admin", password=first["password"]) is not None
    assert User.objects.count() == 1
    (job,) = Job.objects.exclude(pk__in=before)
    assert job.name == "hello from make run"
    assert timedelta(seconds=10) < job.run_at - datetime.now(tz=UTC) <= timedelta(seconds=15)


def test_a_user_called_admin_is_left_alone(db: None) -> None:
    User.objects.create_user("admin", password="kept")
    assert credentials(run("seed_demo"))["username"] == "admin2"
    assert not User.objects.get(username="admin").is_superuser
