"""The header Idempotency-Key: an uncertain create can be repeated."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Job
from tests.api.conftest import JOBS, Problem, bearer, new_job

KEY = {"Idempotency-Key": "order-17"}


def test_a_repeat_gets_the_earlier_job(api: Client) -> None:
    sent = new_job()
    first = api.post(JOBS, sent, content_type="application/json", headers=KEY)
    second = api.post(JOBS, sent, content_type="application/json", headers=KEY)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"] == Job.objects.get().pk


def test_a_repeat_after_its_time_is_no_job_in_the_past(api: Client, problem: Problem) -> None:
    sent = new_job()
    first = api.post(JOBS, sent, content_type="application/json", headers=KEY)
    later = sent["run_at"].replace(sent["run_at"][:4], "2001")
    assert (
        api.post(JOBS, {**sent, "run_at": later}, content_type="application/json", headers=KEY).json() == first.json()
    )
    other = {"Idempotency-Key": "order-18"}
    problem(api.post(JOBS, {**sent, "run_at": later}, content_type="application/json", headers=other), 400, "run_at")
    naive = {**sent, "run_at": "2001-01-01T00:00:00"}
    problem(api.post(JOBS, naive, content_type="application/json", headers=KEY), 400, "run_at", "no zone")


def test_a_key_used_for_another_job_is_refused(api: Client, problem: Problem) -> None:
    api.post(JOBS, new_job(), content_type="application/json", headers=KEY)
    other = new_job(payload={"seconds": 9})
    body = problem(api.post(JOBS, other, content_type="application/json", headers=KEY), 422, says="new key")
    assert body["type"].endswith("key-reused")
    assert Job.objects.count() == 1


def test_each_user_has_keys_of_their_own(api: Client, operator: User) -> None:
    other = User.objects.create_user("bob", is_superuser=True)
    assert api.post(JOBS, new_job(), content_type="application/json", headers=KEY).status_code == 201
    assert bearer(other).post(JOBS, new_job(), content_type="application/json", headers=KEY).status_code == 201


def test_an_empty_key_is_no_key(api: Client) -> None:
    for _ in range(2):
        response = api.post(JOBS, new_job(), content_type="application/json", headers={"Idempotency-Key": ""})
        assert response.status_code == 201


def test_a_key_that_cannot_be_kept(api: Client, problem: Problem) -> None:
    for key, says in (("k" * 256, "shorten it to 255"), ("a\x00b", "NUL")):
        response = api.post(JOBS, new_job(), content_type="application/json", headers={"Idempotency-Key": key})
        problem(response, 400, "idempotency_key", says)


def test_accounts_that_used_the_same_key_can_all_be_deleted(api: Client, operator: User) -> None:
    """Their jobs stay, without a creator: no unique index may refuse that."""
    for user in (operator, User.objects.create_user("bob", is_superuser=True)):
        assert bearer(user).post(JOBS, new_job(), content_type="application/json", headers=KEY).status_code == 201
    User.objects.all().delete()
    assert list(Job.objects.values_list("created_by", "idempotency_key")) == [(None, "order-17")] * 2
