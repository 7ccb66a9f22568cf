"""Tokens, sessions and permissions."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.models import Job
from jobs.states import State
from tests.api.conftest import JOBS, Problem, bearer, new_job

ADDRESSES = [
    ("get", JOBS, "view_job"),
    ("post", JOBS, "add_job"),
    ("get", f"{JOBS}1/", "view_job"),
    ("patch", f"{JOBS}1/", "control_job"),
    ("post", f"{JOBS}1/cancel/", "control_job"),
    ("post", f"{JOBS}1/run-now/", "control_job"),
    ("post", f"{JOBS}1/retry/", "control_job"),
    ("get", "/api/v1/workers/", "view_job"),
    ("get", "/api/v1/stats/", "view_job"),
]


def ask(client: Client, method: str, address: str, **kwargs: Any) -> Any:
    return getattr(client, method)(address, content_type="application/json", **kwargs)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "address", "permission"), ADDRESSES)
def test_without_a_token(problem: Problem, method: str, address: str, permission: str) -> None:
    response = ask(Client(), method, address)
    problem(response, 401, says="manage.py jobs tokens create USERNAME")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "Bearer two words", "Bearer \xff\xfe", "Bearer a\x00b", "bearer " + "x" * 5000]
)
def test_a_wrong_token(problem: Problem, header: str) -> None:
    response = Client().get(JOBS, HTTP_AUTHORIZATION=header)
    problem(response, 401, says="manage.py jobs tokens create USERNAME")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_another_scheme_is_no_token(problem: Problem) -> None:
    problem(Client().get(JOBS, headers={"Authorization": "Basic YWRtaW46YWRtaW4="}), 401)


def test_the_token_of_a_user_who_left(operator: User, problem: Problem) -> None:
    client = bearer(operator)
    operator.is_active = False
    operator.save()
    problem(client.get(JOBS), 401)


@pytest.mark.parametrize(("method", "address", "permission"), ADDRESSES)
def test_without_the_permission(user: User, problem: Problem, method: str, address: str, permission: str) -> None:
    # Whoever may create jobs sees and cancels his own.
    less = {"view_job": ["view_job", "add_job"], "control_job": ["control_job"], "add_job": ["add_job"]}[permission]
    others = Permission.objects.filter(content_type__app_label="jobs").exclude(codename__in=less)
    user.user_permissions.set(others)
    body = problem(ask(bearer(user), method, address), 403, says=f"'jobs.{permission}'")
    assert "'ada'" in body["detail"]
    assert "administrator can give it" in body["detail"]


def test_refused_before_the_body_is_judged(user: User, problem: Problem) -> None:
    problem(ask(bearer(user), "post", JOBS, data=new_job()), 403)
    assert not Job.objects.exists()


def test_a_session_needs_a_csrf_token(operator: User, problem: Problem, make_job: Any) -> None:
    job = make_job()
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    assert client.get(JOBS).status_code == 200
    problem(ask(client, "post", f"{JOBS}{job.pk}/cancel/"), 403, says="X-CSRFToken")
    assert Job.objects.get().state == State.PENDING
    client.get("/jobs/new/")  # sets the cookie
    token = client.cookies["csrftoken"].value
    assert ask(client, "post", f"{JOBS}{job.pk}/cancel/", headers={"X-CSRFToken": token}).status_code == 200


def test_a_browsers_form_with_a_session(operator: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    client.get("/jobs/new/")
    sent = {**new_job(), "payload": "{}", "csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post(JOBS, sent).status_code == 201


def test_a_token_needs_no_csrf_token(operator: User) -> None:
    assert ask(bearer(operator, enforce_csrf_checks=True), "post", JOBS, data=new_job()).status_code == 201
