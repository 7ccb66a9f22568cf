"""The header Idempotency-Key: an uncertain create can be repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs import rules
from jobs.blackouts import Bound
from jobs.clock import clock
from jobs.models import Calendar, Job
from jobs.rules import asked
from tests.api.conftest import JOBS, Problem, ahead, bearer, new_job
from tests.conftest import NOW

KEY = {"Idempotency-Key": "order-17"}
WAYS: dict[str, Any] = {
    "job": lambda job: (JOBS, job),
    "bulk": lambda job: (f"{JOBS}bulk/", {"jobs": [job, job]}),
    "batch": lambda job: ("/api/v1/batches/", {"name": "night", "jobs": [job]}),
}


def test_a_repeat_gets_the_earlier_job(api: Client) -> None:
    sent = new_job()
    first = api.post(JOBS, sent, content_type="application/json", headers=KEY)
    second = api.post(JOBS, sent, content_type="application/json", headers=KEY)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"] == Job.objects.get().pk


@pytest.mark.parametrize("way", ["job", "bulk", "batch"])
def test_a_repeat_after_its_time_is_no_job_in_the_past(
    api: Client, problem: Problem, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    url, sent = WAYS[way](new_job())
    first = api.post(url, sent, content_type="application/json", headers=KEY)
    tomorrow = clock.current() + timedelta(days=1)
    monkeypatch.setattr(type(clock), "current", lambda self: tomorrow)
    again = api.post(url, sent, content_type="application/json", headers=KEY).json()
    assert {**again, "late_cause": None, "late_why": ""} == first.json() if way == "job" else again == first.json()
    other = {"Idempotency-Key": "order-18"}
    response = api.post(url, sent, content_type="application/json", headers=other)
    problem(response, 400, "run_at" if way == "job" else "jobs.0.run_at")


def test_a_key_used_for_another_job_is_refused(api: Client, problem: Problem) -> None:
    api.post(JOBS, new_job(), content_type="application/json", headers=KEY)
    other = new_job(payload={"seconds": 9})
    body = problem(api.post(JOBS, other, content_type="application/json", headers=KEY), 422, says="new key")
    assert body["type"].endswith("key-reused")
    assert Job.objects.count() == 1


OTHERS = {
    "payload": {"seconds": 9},
    "run_at": ahead(7200),
    "queue": "other",
    "name": "other",
    "deadline": 5,
    "start_within": 5,
    "key": "other",
    "overlap": "skip",
    "waits_for_end": "any",
    "rerunnable": True,
    "labels": {"team": "payroll"},
}


@pytest.mark.parametrize("way", ["job", "form", "bulk", "batch"])
@pytest.mark.parametrize("field", OTHERS)
def test_the_same_key_with_anything_else_is_refused(api: Client, problem: Problem, way: str, field: str) -> None:
    sent = new_job()
    other = {**sent, field: OTHERS[field]} | ({"max_attempts": 2} if field == "rerunnable" else {})

    def post(job: dict[str, Any]) -> Any:
        if way == "form":
            texts = {name: json.dumps(value) for name, value in job.items() if isinstance(value, dict)}
            return api.post(JOBS, {**job, **texts}, headers=KEY)
        url, body = WAYS[way](job)
        return api.post(url, body, content_type="application/json", headers=KEY)

    assert post(sent).status_code == 201
    assert post(sent).status_code == 200
    body = problem(post(other), 422, says="new key")
    assert body["type"].endswith("key-reused")
    assert Job.objects.count() == (2 if way == "bulk" else 1)


def test_a_bulk_that_has_become_shorter_or_longer_is_another(api: Client, problem: Problem) -> None:
    sent = [new_job(), new_job()]
    url = f"{JOBS}bulk/"
    assert api.post(url, {"jobs": sent}, content_type="application/json", headers=KEY).status_code == 201
    for jobs in (sent[:1], [*sent, new_job()]):
        problem(api.post(url, {"jobs": jobs}, content_type="application/json", headers=KEY), 422, says="new key")
    assert Job.objects.count() == 2


@pytest.mark.parametrize("other", [{"calendar": "two"}, {"blackout": "skip"}, {"calendar": None}])
def test_the_same_key_under_another_calendar_is_refused(api: Client, problem: Problem, other: dict[str, Any]) -> None:
    """Both are open at that time: nothing else differs."""
    for name in ("one", "two"):
        Calendar.objects.create(name=name)
    sent = new_job(calendar="one")
    assert api.post(JOBS, sent, content_type="application/json", headers=KEY).status_code == 201
    assert api.post(JOBS, sent, content_type="application/json", headers=KEY).status_code == 200
    problem(api.post(JOBS, {**sent, **other}, content_type="application/json", headers=KEY), 422, says="new key")


@pytest.mark.parametrize("other", [{"name": "b"}, {"callback": None}, {"callback": {"target": "demo.log"}}])
def test_a_batch_is_compared_as_a_whole(api: Client, problem: Problem, other: dict[str, Any]) -> None:
    url = "/api/v1/batches/"
    sent = {"name": "a", "jobs": [new_job()], "callback": {"target": "demo.noop"}}  # due when all have ended
    first = api.post(url, sent, content_type="application/json", headers=KEY)
    second = api.post(url, sent, content_type="application/json", headers=KEY)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    if other.get("callback"):
        other["callback"]["payload"] = {"message": "x"}
    problem(api.post(url, {**sent, **other}, content_type="application/json", headers=KEY), 422, says="new key")


def test_a_repeat_is_the_same_after_the_job_has_been_moved(api: Client, operator: User) -> None:
    sent = new_job()
    first = api.post(JOBS, sent, content_type="application/json", headers=KEY).json()
    assert (
        api.patch(f"{JOBS}{first['id']}/", {"run_at": ahead(9000)}, content_type="application/json").status_code == 200
    )
    again = api.post(JOBS, sent, content_type="application/json", headers=KEY)
    assert (again.status_code, again.json()["id"]) == (200, first["id"])


def test_a_job_of_before_the_digests_is_compared_by_what_it_does(api: Client, problem: Problem) -> None:
    sent = new_job()
    api.post(JOBS, sent, content_type="application/json", headers=KEY)
    Job.objects.update(idempotency_digest=None)
    assert api.post(JOBS, sent, content_type="application/json", headers=KEY).status_code == 200
    other = new_job(payload={"seconds": 9})
    problem(api.post(JOBS, other, content_type="application/json", headers=KEY), 422, says="new key")


NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
ANOTHER: dict[Any, Any] = {str: "other", int: 7, bool: True, dict[str, Any]: {"a": 2}, dict[str, str]: {"a": "b"}}
ANOTHER |= {tuple[str, ...]: ("5xx",), tuple[int, ...]: (7,)}


@pytest.mark.parametrize("field", sorted({*rules.ASKED, "trigger_id"} - set(asked.TAKEN_APART)))
def test_another_value_of_any_field_is_another_request(field: str) -> None:
    job = rules.NewJob("demo.noop", {"a": 1}, NOW)
    kind = rules.ASKED[field].type if field in rules.ASKED else int
    assert asked.digest([replace(job, **{field: ANOTHER[kind]})]) != asked.digest([job])


def test_the_time_and_the_calendar_are_compared_as_they_were_asked_for() -> None:
    job = rules.NewJob("demo.noop", {}, NOW)
    moved = replace(job, run_at=NOW + timedelta(1), idempotency_key="k")
    assert asked.digest([moved]) == asked.digest([job])
    bound = replace(job, bound=Bound(7))
    others = [replace(job, asked_at=NOW), bound, replace(bound, blackout="skip"), replace(job, bound=Bound(8))]
    assert len({asked.digest([one]) for one in (job, *others)}) == 5


def test_requests_of_earlier_versions_are_known_again() -> None:
    """Digests stand in the table: what one of them is made of may not change."""
    job = rules.NewJob("demo.noop", {}, NEW_YEAR)
    assert asked.digest([job]) == "10947d8d90d4e29141bc5f75110b6727aa6b935223168b7ff54b986de1ea170a"
    given = {"name": "n", "queue": "q", "rerunnable": True, "max_attempts": 3, "retry_on": ("5xx",), "start_within": 60}
    given |= {"deadline": 30, "if_late": "hold", "key": "k", "key_limit": 2, "overlap": "skip", "blackout": "earlier"}
    given |= {"waits_for": (1, 2), "waits_for_end": "any", "bound": Bound(7), "asked_at": NEW_YEAR, "trigger_id": 5}
    job = rules.NewJob("demo.log", {"message": "x", "n": 0.1}, NEW_YEAR, **given)
    assert asked.digest([job]) == "36faa497d024a54a23225a46d00712a20d6ad79a43e8c23035737b0ba9d7f9b4"


@pytest.mark.django_db
def test_a_field_that_a_later_version_adds_is_the_same_request_where_it_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, limited = (
        rules.check_new_job(target="demo.noop", payload={}, run_at=NOW, now=NOW, **more)
        for more in ({}, {"deadline": 5})
    )
    digests = [asked.digest([plain]), asked.digest([limited])]
    monkeypatch.setattr(asked, "COMPARED", [name for name in asked.COMPARED if name != "deadline"])
    assert asked.digest([plain]) == asked.digest([limited]) == digests[0] != digests[1]


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
