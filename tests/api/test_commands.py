"""manage.py api_token and manage.py seed_demo: the ways to a first token."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory

from jobs.models import Audit, Job, Token
from tests.api.conftest import JOBS


def run(*words: str) -> list[str]:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().splitlines()


def status(token: str) -> int:
    return Client(headers={"Authorization": f"Bearer {token}"}).get(JOBS).status_code


def test_a_token_opens_the_api(operator: User) -> None:
    (token,) = run("api_token", "ada")
    assert status(token) == 200
    kept = Token.objects.get()
    assert token not in str([*vars(kept).values(), *vars(kept.credential).values()])
    assert kept.expires_at is not None
    assert timedelta(days=89) < kept.expires_at - datetime.now(tz=UTC) <= timedelta(days=90)


def test_what_a_token_is_made_for(operator: User) -> None:
    asked = [
        "--name",
        "nightly",
        "--scope",
        "jobs.view_job",
        "--queue",
        "mail",
        "--queue",
        "books",
        "--days",
        "forever",
    ]
    told = json.loads("".join(run("api_token", "ada", *asked, "--json")))
    wanted = {"name": "nightly", "scopes": ["jobs.view_job"], "queues": ["books", "mail"], "targets": None}
    assert told.items() >= {**wanted, "owner": "ada", "expires_at": None, "ended": ""}.items()
    (listed,) = json.loads("".join(run("api_token", "--list", "--json")))
    assert listed == {name: value for name, value in told.items() if name != "token"}
    head, row = run("api_token", "ada", "--list")
    assert head.split() == ["name", "prefix", "user", "last", "used", "expires", "may"]
    assert row.split()[:5] == ["nightly", told["prefix"], "ada", "never", "never"]
    assert row.endswith("see jobs, workers and figures; queues: books, mail")


def test_a_token_is_rotated_and_revoked_by_name_or_prefix(operator: User) -> None:
    (first,) = run("api_token", "ada", "--name", "nightly")
    (second,) = run("api_token", "ada", "--rotate", "nightly", "--grace", "1h", "--by", "ada")
    assert [status(token) for token in (first, second)] == [200, 200]
    assert Audit.objects.filter(by=operator).count() == 2
    assert run("api_token", "ada", "--revoke", first[:15]) == [f"nightly ({first[:15]}…) of 'ada' is revoked."]
    assert [status(token) for token in (first, second)] == [401, 200]
    run("api_token", "ada", "--revoke", "nightly")
    assert [status(token) for token in (first, second)] == [401, 401]


def test_no_token_for_nobody(user: User) -> None:
    with pytest.raises(CommandError, match=r"no user 'bob'\. Known are: ada\."):
        run("api_token", "bob")
    wrong = [
        (["ada", "--days", "soon"], "number of days, or forever"),
        (["ada", "--days", "0"], "before it was made"),
        (["ada", "--scope", "jobs.add_job"], "does not have the permission"),
        (["ada", "--rotate", "nightly"], "'ada' has no token 'nightly'. There are: none yet."),
        (["ada", "--by", "bob"], "no user 'bob'"),
        ([], "Say whose token"),
    ]
    for words, says in wrong:
        with pytest.raises(CommandError, match=re.escape(says)):
            run("api_token", *words)
    user.is_active = False
    user.save()
    with pytest.raises(CommandError, match="not active"):
        run("api_token", "ada")
    assert not Token.objects.exists()


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
