"""POST /api/v1/jobs/bulk/: all or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from jobs.api import bodies
from jobs.models import Budget, CreationLimit, Job
from tests.api.conftest import JOBS, Problem, bearer, new_job

BULK = f"{JOBS}bulk/"
KEY = {"Idempotency-Key": "import-17"}


def post(api: Client, jobs: Any, **kwargs: Any) -> Any:
    return api.post(BULK, {"jobs": jobs}, content_type="application/json", **kwargs)


@pytest.fixture
def limited(operator: User) -> User:
    """May create 20 jobs in bulk at once, and then one in 8 s; one single job in 8 s."""
    group = Group.objects.create(name="slow")
    operator.groups.add(group)
    CreationLimit.objects.create(group=group, rate=0.125, bulk_rate=0.125, bulk_burst=20)
    return operator


def test_all_are_created_in_their_order(api: Client, operator: User) -> None:
    response = post(api, [new_job(name=f"n{n}") for n in range(30)])
    assert response.status_code == 201
    ids = response.json()["ids"]
    assert [Job.objects.get(pk=pk).name for pk in ids] == [f"n{n}" for n in range(30)]
    assert set(Job.objects.values_list("created_by", flat=True)) == {operator.pk}


def test_one_wrong_job_and_none_is_created(api: Client, problem: Problem) -> None:
    response = post(api, [new_job(), new_job(target="demo.slep"), new_job(payload=[])])
    problem(response, 400, "jobs.1.target", "demo.sleep")
    problem(response, 400, "jobs.2.payload", "JSON object")
    problem(post(api, [new_job(), new_job(nmae="x")]), 400, "jobs.1.nmae", "no field")
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("jobs", "says"), [([], "no job"), ({}, "list"), ([{}] * 100_001, "too many"), ([1], "object")]
)
def test_what_is_no_list_of_jobs(api: Client, problem: Problem, jobs: Any, says: str) -> None:
    problem(post(api, jobs), 400, says=says)


def test_a_repeat_gets_the_earlier_jobs(api: Client, problem: Problem) -> None:
    sent = [new_job(), new_job()]
    first = post(api, sent, headers=KEY)
    second = post(api, sent, headers=KEY)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    problem(post(api, [*sent, new_job()], headers=KEY), 422, says="new key")
    problem(post(api, [sent[0], new_job(payload={"seconds": 9})], headers=KEY), 422, says="new key")
    assert Job.objects.count() == 2


def test_each_counts_in_the_budget_for_bulk(limited: User, problem: Problem) -> None:
    api, sent = bearer(limited), [new_job()]
    first = post(api, sent * 18, headers=KEY)
    assert first.status_code == 201
    response = post(api, sent * 3)
    body = problem(
        response, 429, says="You may create 1 job in 8 seconds in bulk; try again in 8 s. Nothing was created."
    )
    assert response["Retry-After"] == "8"
    assert 7000 < body["retry_after_ms"] <= 8000
    assert post(api, sent * 18, headers=KEY).json() == first.json()
    assert post(api, sent * 2).status_code == 201
    assert api.post(JOBS, new_job(), content_type="application/json").status_code == 201
    assert Job.objects.count() == 21


def test_more_than_any_wait_allows(limited: User, problem: Problem) -> None:
    response = post(bearer(limited), [new_job()] * 21)
    problem(response, 400, "jobs", "you may create at most 20 at once")
    assert not Job.objects.exists()
    assert not Budget.objects.exists()


def test_its_body_may_be_larger_than_others(
    api: Client, problem: Problem, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    monkeypatch.setattr(bodies, "LARGEST", 5000)
    sent = [new_job()] * 10
    assert post(api, sent).status_code == 201
    problem(post(api, sent * 10), 413, says="the limit is 5000")
    problem(api.post(JOBS, new_job(name="n" * 100), content_type="application/json"), 413, says="the limit is 100")


def test_it_needs_the_permission(user: User, problem: Problem) -> None:
    problem(post(bearer(user), [new_job()]), 403, says="jobs.add_job")
