"""The header Idempotency-Key of a request for a schedule: an uncertain one can be repeated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Audit, CreationLimit, Job, Schedule
from jobs.rules.asked import schedule_digest
from jobs.transitions.schedules import definitions
from jobs.transitions.schedules.repeats import Once
from tests.api.conftest import Problem, bearer
from tests.api.schedules import BODY, JSON, RIGHTS, URL, permit
from tests.conftest import NOW

KEY = {"Idempotency-Key": "order-17"}
WHOLE = {
    **BODY,
    "target": "demo.log",
    "payload": {"message": "x"},
    "starts_at": "2030-01-01T00:00:00Z",
    "labels": {"a": "b"},
}


@pytest.fixture
def api(api: Client, operator: User) -> Client:
    permit(operator, *RIGHTS)
    return api


def post(api: Client, body: Any = WHOLE, **headers: str) -> Any:
    return api.post(URL, body, content_type=JSON, headers={**KEY, **headers})


def test_a_repeat_gets_the_earlier_schedule(api: Client) -> None:
    first, second = post(api), post(api)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first["Location"] == second["Location"] == f"{URL}{Schedule.objects.get().pk}/"
    assert (Job.objects.count(), Audit.objects.count()) == (1, 1)


def test_a_repeat_is_the_same_however_it_is_written(api: Client) -> None:
    assert post(api).status_code == 201
    other = {**WHOLE, "starts_at": "2030-01-01T01:00:00+01:00", "queue": "default", "retry_on": [], "enabled": True}
    assert post(api, other).status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"name": "other"},
        {"payload": {"message": "y"}},
        {"expression": "31 2 * * *"},
        {"labels": {}},
        {"starts_at": None},
        {"enabled": False},
        {"retry_on": ["failure"], "rerunnable": True, "max_attempts": 2},
        {"calendar": "office"},
        {"payload": [1]},
    ],
)
def test_the_same_key_with_anything_else_is_refused(api: Client, problem: Problem, other: dict[str, Any]) -> None:
    post(api)
    body = problem(post(api, {**WHOLE, **other}), 422, says="new key")
    assert body["type"].endswith("key-reused")
    assert Schedule.objects.count() == 1


def test_the_same_with_another_key_or_none_finds_its_name_taken(api: Client, problem: Problem) -> None:
    post(api)
    problem(post(api, **{"Idempotency-Key": "order-18"}), 400, "name", "choose another")
    problem(api.post(URL, WHOLE, content_type=JSON), 400, "name", "choose another")


def test_what_was_refused_may_come_again_otherwise(api: Client, problem: Problem) -> None:
    problem(post(api, {**WHOLE, "expression": "61 * * * *"}), 400, "expression")
    assert post(api).status_code == 201


def test_a_repeat_is_answered_after_an_edit_by_somebody_else(api: Client) -> None:
    first = post(api)
    grace = User.objects.create_user("grace")
    row = Schedule.objects.get()
    fields = {"name": "renamed", "payload": {"message": "z"}, "target": "demo.log", "ends_at": row.created_at}
    definitions.change_schedule(row.pk, fields, by=grace, now=row.created_at)
    second = post(api)
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    assert second.json()["created_by"] == "grace", "who says what runs"


def test_each_caller_has_keys_of_his_own(api: Client, problem: Problem) -> None:
    post(api)
    grace = User.objects.create_user("grace")
    permit(grace, *RIGHTS, "add_job")
    assert post(bearer(grace), {**WHOLE, "name": "hers"}).status_code == 201


def test_a_repeat_costs_nothing(client: Client, operator: User) -> None:
    permit(operator, *RIGHTS)
    client.force_login(operator)
    CreationLimit.objects.create(rate=0.01, burst=1)
    assert [post(client).status_code for _ in range(3)] == [201, 200, 200]


@pytest.mark.parametrize("before_the_rules", [True, False])
def test_of_two_at_once_both_get_the_one(api: Client, monkeypatch: pytest.MonkeyPatch, before_the_rules: bool) -> None:
    """The other one commits after our look for it: before our rules look at the names, or after that."""
    first, find, looks = post(api), Once.earlier, []

    def earlier(once: Once) -> Schedule | None:
        looks.append(once.key)
        return find(once) if len(looks) > 1 else None

    monkeypatch.setattr(Once, "earlier", earlier)
    if not before_the_rules:
        monkeypatch.setattr("jobs.rules.schedule_checking._is_taken", lambda name, before: False)
    second = post(api)
    assert (second.status_code, second.json()["id"], len(looks)) == (200, first.json()["id"], 2)
    assert Schedule.objects.count() == 1


def test_a_key_that_cannot_be_kept_is_refused(api: Client, problem: Problem) -> None:
    problem(post(api, **{"Idempotency-Key": "x" * 256}), 400, "idempotency_key", "shorten it to 255")


@pytest.mark.django_db
def test_the_request_is_no_part_of_what_the_audit_compares(operator: User) -> None:
    once = Once.of("k", BODY, by=operator)
    schedule = definitions.create_schedule({**BODY, **once.columns()}, by=operator, now=NOW)
    assert not [name for name in schedule.described() if "idempotency" in name]
    assert once.earlier() == schedule


def test_what_is_nested_too_deeply_is_no_request() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert schedule_digest({**BODY, "payload": deep}) == ""
    assert schedule_digest(BODY) != ""


def test_numbers_are_the_same_however_they_are_held() -> None:
    assert schedule_digest({"payload": {"n": 0.1}}) == schedule_digest({"payload": {"n": Decimal("0.1")}})
