"""RateLimit and RateLimit-Policy: who is limited reads how much there is, also where it was enough."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from jobs.creation_limits import allowances
from jobs.models import CreationLimit, Trigger
from tests.api.conftest import JOBS, Problem, bearer, new_job

JSON: dict[str, Any] = {"content_type": "application/json"}
POLICY, LEFT = "RateLimit-Policy", "RateLimit"


@pytest.fixture
def limited(operator: User) -> Client:
    """A caller who may create 3 jobs at once and one in twenty seconds; in bulk 5 at once and one in two seconds."""
    group = Group.objects.create(name="programs")
    operator.groups.add(group)
    CreationLimit.objects.create(group=group, rate=0.05, burst=3, bulk_rate=0.5, bulk_burst=5)
    allowances.forget()
    return bearer(operator)


def test_each_answer_says_what_is_left(limited: Client, problem: Problem) -> None:
    for left in (2, 1, 0):
        answer = limited.post(JOBS, new_job(), **JSON)
        assert answer.status_code == 201
        assert (answer[POLICY], answer[LEFT]) == ('"jobs";q=3;w=60', f'"jobs";r={left};t=20')
    refused = limited.post(JOBS, new_job(), **JSON)
    problem(refused, 429)
    assert refused[POLICY] == '"jobs";q=3;w=60'
    name, remaining, more_in = refused[LEFT].split(";")
    assert (name, remaining) == ('"jobs"', "r=0")
    assert 0 < int(more_in.removeprefix("t=")) <= int(refused["Retry-After"]) <= 20


def test_a_bulk_request_says_how_many_jobs_are_left(limited: Client, problem: Problem) -> None:
    answer = limited.post(f"{JOBS}bulk/", {"jobs": [new_job()] * 4}, **JSON)
    assert answer.status_code == 201
    assert answer[POLICY] == '"bulk-jobs";q=5;w=10;runat-unit="jobs"'
    assert answer[LEFT] == '"bulk-jobs";r=1;t=2;runat-unit="jobs"'
    refused = limited.post(f"{JOBS}bulk/", {"jobs": [new_job()] * 2}, **JSON)
    problem(refused, 429)
    assert refused[LEFT].startswith('"bulk-jobs";r=1;')


def test_a_trigger_and_a_batch_say_it_too(limited: Client, operator: User) -> None:
    Trigger.objects.create(name="x", target="demo.noop", payload={})
    operator.user_permissions.add(*_permissions("fire_trigger"))
    assert bearer(operator).post("/api/v1/triggers/x/")[LEFT].startswith('"jobs";r=2;')
    batch = limited.post("/api/v1/batches/", {"jobs": [new_job()]}, **JSON)
    assert (batch.status_code, batch[LEFT][:15]) == (201, '"bulk-jobs";r=4')


def _permissions(name: str) -> Any:
    from django.contrib.auth.models import Permission  # noqa: PLC0415 - here only

    return Permission.objects.filter(codename=name)


def test_who_is_not_limited_and_who_repeats_a_request_read_nothing(api: Client, limited: Client) -> None:
    key = {"headers": {"Idempotency-Key": "order-17"}}
    sent = new_job()
    assert LEFT in limited.post(JOBS, sent, **JSON, **key)
    again = limited.post(JOBS, sent, **JSON, **key)
    assert (again.status_code, LEFT in again, POLICY in again) == (200, False, False)
    root = bearer(User.objects.create_superuser("grace"))
    assert LEFT not in root.post(JOBS, new_job(), **JSON)
    assert LEFT not in root.get(JOBS)


def test_the_headers_cost_no_statement(limited: Client, django_assert_num_queries: Any) -> None:
    limited.post(JOBS, new_job(), **JSON)  # who is limited is known from now on
    # 1 token, user and permissions, 2 the budget, 3 savepoint, 4 the job, 5 release
    with django_assert_num_queries(5):
        assert LEFT in limited.post(JOBS, new_job(), **JSON)
