"""manage.py api_token and manage.py seed_demo: the ways to a first token."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from knox.models import AuthToken

from jobs.models import Job
from tests.api.conftest import JOBS


def run(*words: str) -> list[str]:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("options", [[], ["--name", "ci-server1"]])
def test_a_token_opens_the_api(operator: User, options: list[str]) -> None:
    (token,) = run("api_token", "ada", *options)
    assert Client(headers={"Authorization": f"Bearer {token}"}).get(JOBS).status_code == 200
    assert not options or token.startswith("ci-server1_")
    (kept,) = AuthToken.objects.all()
    assert (kept.expiry, token in str(vars(kept))) == (None, False)


def test_no_token_for_nobody(user: User) -> None:
    with pytest.raises(CommandError, match=r"no user 'bob'\. Known are: ada\."):
        run("api_token", "bob")
    with pytest.raises(CommandError, match="1 to 10 letters"):
        run("api_token", "ada", "--name", "much too long")
    user.is_active = False
    user.save()
    with pytest.raises(CommandError, match="not active"):
        run("api_token", "ada")
    assert not AuthToken.objects.exists()


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
