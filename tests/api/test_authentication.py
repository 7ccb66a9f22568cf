"""Bearer tokens: token, user and permissions in one statement, stored as knox stores them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from jobs.api import authentication
from jobs.models import Job
from tests.api.conftest import JOBS, Problem, bearer, new_job
from tests.bearing import secret_of


@pytest.mark.django_db(transaction=True)  # or each transaction within the test's has two statements of its own
def test_a_creation_costs_two_statements(operator: User, django_assert_num_queries) -> None:
    api = bearer(operator)
    sent = new_job(name="first", labels={"team": "payroll"}, retry_on=["5xx"], rerunnable=True, max_attempts=3)
    authentication._permission_names.clear()
    with django_assert_num_queries(4):  # whose token it is and what she may; what permissions are called; limits; row
        first = api.post(JOBS, sent, content_type="application/json")
    with django_assert_num_queries(2):  # whose token it is and what she may; the row
        second = api.post(JOBS, sent, content_type="application/json")
    for answer in (first, second):
        assert answer.status_code == 201
        assert answer.json() == api.get(answer["Location"]).json()


def test_a_permission_of_a_group_counts_and_is_gone_at_once(user: User, problem: Problem) -> None:
    api, group = bearer(user), Group.objects.create(name="creators")
    group.permissions.add(Permission.objects.get(codename="add_job"))
    problem(api.post(JOBS, new_job(), content_type="application/json"), 403, says="jobs.add_job")
    user.groups.add(group)
    assert api.post(JOBS, new_job(), content_type="application/json").status_code == 201
    user.groups.clear()
    problem(api.post(JOBS, new_job(), content_type="application/json"), 403, says="jobs.add_job")


def test_a_permission_that_came_after_the_process_had_read_their_names_counts(operator: User) -> None:
    api = bearer(operator)
    assert api.get(JOBS).status_code == 200
    seen = Permission.objects.get(codename="view_job")
    seen.delete()
    operator.user_permissions.add(Permission.objects.create(codename="view_job", content_type=seen.content_type))
    assert api.get(JOBS).status_code == 200


def test_an_administrator_needs_no_permission(db: None) -> None:
    api = bearer(User.objects.create_superuser("root"))
    assert api.post(JOBS, new_job(), content_type="application/json").status_code == 201
    assert Job.objects.get().created_by == User.objects.get()


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: token + "0", lambda token: token[:15]])
def test_a_token_that_begins_alike_is_another(operator: User, problem: Problem, change) -> None:
    token = change(secret_of(operator))
    problem(Client(headers={"Authorization": f"Bearer {token}"}).get(JOBS), 401, says="Invalid token")
