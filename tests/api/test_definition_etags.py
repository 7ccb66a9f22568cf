"""Definitions have versions: who says which he has seen does not go over what others have done."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import Client

from jobs.api.triggers import TriggerDetail
from jobs.models import (
    AlertRule,
    Audit,
    Calendar,
    Change,
    Destination,
    Limit,
    Objective,
    Schedule,
    Subscription,
    Trigger,
)
from tests.api.conftest import Problem, bearer
from tests.api.schedules import make

JSON: dict[str, Any] = {"content_type": "application/json"}
TRIGGER = {"target": "demo.sleep", "payload": {"seconds": 0.1}}


@pytest.fixture
def root(db: None) -> Client:
    return bearer(User.objects.create_superuser("grace"))


def edit(client: Client, address: str, body: dict[str, Any], **headers: str) -> Any:
    """Send a change in the way that the address has."""
    send = client.patch if "/alert-rules/" in address or "/subscriptions/" in address else client.put
    return send(address, body, **JSON, headers=headers)


def has_delete(address: str) -> bool:
    """Return whether REST deletes it: calendars go in the admin alone."""
    return "/calendars/" not in address


WHOLE = {"name": "report", "target": "demo.noop", "dialect": "cron", "time_zone": "UTC"}
WANTED = {"share": 99.5, "within_ms": 1000}
# An address, what is put there first (None: it is made here), a change that somebody makes, and another one.
DEFINED: dict[str, tuple[str, Any, dict[str, Any], dict[str, Any]]] = {
    "schedule": ("schedules/{}/", None, {**WHOLE, "expression": "1 3 * * *"}, {**WHOLE, "expression": "2 4 * * *"}),
    "trigger": ("triggers/report/", TRIGGER, {**TRIGGER, "queue": "slow"}, {**TRIGGER, "queue": "fast"}),
    "limit": ("limits/queue/mail/", {"concurrency": 4}, {"concurrency": 5}, {"concurrency": 6}),
    "calendar": ("calendars/books/", {"time_zone": "UTC"}, {"time_zone": "Asia/Tokyo"}, {"time_zone": "Asia/Seoul"}),
    "objective": ("objectives/queue/mail/", WANTED, {**WANTED, "days": 7}, {**WANTED, "days": 8}),
    "rule": ("alert-rules/{}/", None, {"level": "bad"}, {"level": "warn", "enabled": False}),
    "subscription": ("subscriptions/{}/", None, {"queue": "slow"}, {"queue": "fast"}),
}


def _made(kind: str) -> int:
    if kind == "schedule":
        return int(make(name="report").pk)
    hook = Destination.objects.create(name="hook", kind="webhook", address="https://hooks.example.com/")
    if kind == "subscription":
        return Subscription.objects.create(destination=hook).pk
    rule = AlertRule.objects.create(kind="queue", name="mail", when="long")
    rule.destinations.add(hook)
    return rule.pk


@pytest.fixture(params=DEFINED)
def defined(request: pytest.FixtureRequest, root: Client) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """An address, a change that somebody makes, and another one."""
    address, first, change, other = DEFINED[request.param]
    address = f"/api/v1/{address if first else address.format(_made(request.param))}"
    if first:
        root.put(address, first, **JSON)
    return address, change, other


def test_what_is_the_same_is_not_sent_again(root: Client, defined: tuple[str, Any, Any]) -> None:
    address, change, _ = defined
    tag = root.get(address)["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{16}-[0-9a-f]{16}"', tag)
    assert root.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert edit(root, address, change).status_code == 200
    assert root.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_of_two_who_edit_the_second_learns_of_the_first(
    root: Client, problem: Problem, defined: tuple[str, Any, Any]
) -> None:
    address, change, other = defined
    seen = {"If-Match": root.get(address)["ETag"]}
    assert edit(root, address, change, **seen).status_code == 200
    found = problem(edit(root, address, other, **seen), 412, says="was changed since you read it")
    assert set(found["current"]) >= set(other)
    differ = {name for name in change if change[name] != other[name]}
    assert {name: found["current"][name] for name in differ} == {name: change[name] for name in differ}
    if has_delete(address):
        problem(root.delete(address, headers=seen), 412, says="was changed since")
    assert edit(root, address, other, **{"If-Match": found["etag"]}).status_code == 200
    if has_delete(address):
        assert root.delete(address, headers={"If-Match": root.get(address)["ETag"]}).status_code == 204


def test_without_a_word_about_versions_all_goes_as_before(root: Client, defined: tuple[str, Any, Any]) -> None:
    address, change, other = defined
    assert edit(root, address, change).status_code == 200
    assert edit(root, address, other, **{"If-Match": "*"}).status_code == 200
    if has_delete(address):
        assert root.delete(address).status_code == 204


def test_a_tag_that_cannot_be_ours(root: Client, problem: Problem, defined: tuple[str, Any, Any]) -> None:
    address, change, _ = defined
    problem(edit(root, address, change, **{"If-Match": '"3"'}), 400, "If-Match", "that GET has answered")


def test_a_definition_that_was_deleted_is_not_made_anew(root: Client, problem: Problem) -> None:
    root.put("/api/v1/triggers/report/", TRIGGER, **JSON)
    seen = {"If-Match": root.get("/api/v1/triggers/report/")["ETag"]}
    Trigger.objects.all().delete()
    problem(root.put("/api/v1/triggers/report/", TRIGGER, **JSON, headers=seen), 404)
    assert not Trigger.objects.exists()
    root.put("/api/v1/limits/queue/mail/", {"concurrency": 4}, **JSON)
    seen = {"If-Match": root.get("/api/v1/limits/queue/mail/")["ETag"]}
    Limit.objects.all().delete()
    problem(root.put("/api/v1/limits/queue/mail/", {"concurrency": 4}, **JSON, headers=seen), 404)
    assert not Limit.objects.exists()
    objective = {"share": 99, "within_ms": 1000}
    for address, body, model in (
        ("/api/v1/calendars/books/", {"time_zone": "UTC"}, Calendar),
        ("/api/v1/objectives/queue/mail/", objective, Objective),
    ):
        root.put(address, body, **JSON)
        seen = {"If-Match": root.get(address)["ETag"]}
        model.objects.all().delete()
        problem(root.put(address, body, **JSON, headers=seen), 404)
        assert not model.objects.exists()


def test_of_two_who_delete_a_trigger_at_once_the_second_hears_that_it_is_gone(
    root: Client, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first comes between his look at it and the lock."""
    address, looked = "/api/v1/triggers/report/", TriggerDetail.touched

    def too_late(view: TriggerDetail, trigger: Trigger) -> Trigger:
        Trigger.objects.all().delete()
        return looked(view, trigger)

    root.put(address, TRIGGER, **JSON)
    seen = {"If-Match": root.get(address)["ETag"]}
    monkeypatch.setattr(TriggerDetail, "touched", too_late)
    problem(root.delete(address, headers=seen), 404, says="There is no trigger 'report'")
    assert root.put(address, TRIGGER, **JSON).status_code == 201
    assert root.delete(address).status_code == 204
    assert not Audit.objects.filter(verb=Change.DELETE).exists(), "it was not he"


@pytest.mark.parametrize(("says_what_he_saw", "code"), [(True, 412), (False, 201)])
def test_a_trigger_that_goes_while_it_is_changed_is_another_by_then_or_made_anew(
    root: Client, monkeypatch: pytest.MonkeyPatch, says_what_he_saw: bool, code: int
) -> None:
    """It is deleted between the look for its name and the lock; here the refusal takes that back, so it is no 404."""
    address, lock = "/api/v1/triggers/report/", QuerySet.select_for_update

    def too_late(rows: Any, *args: Any, **options: Any) -> Any:
        if rows.model is Trigger:
            Trigger.objects.all().delete()
        return lock(rows, *args, **options)

    root.put(address, TRIGGER, **JSON)
    headers = {"If-Match": root.get(address)["ETag"]} if says_what_he_saw else {}
    monkeypatch.setattr(QuerySet, "select_for_update", too_late)
    answer = root.put(address, {**TRIGGER, "queue": "slow"}, **JSON, headers=headers)
    assert answer.status_code == code, answer.content


def test_a_run_of_a_schedule_is_no_other_definition(root: Client) -> None:
    schedule = make(name="report")
    address = f"/api/v1/schedules/{schedule.pk}/"
    seen = root.get(address)["ETag"]
    Schedule.objects.filter(pk=schedule.pk).update(made=7)
    assert root.get(address)["ETag"] != seen
    assert root.patch(address, {"queue": "slow"}, **JSON, headers={"If-Match": seen}).status_code == 200


def test_a_secret_that_has_changed_is_another_definition(root: Client) -> None:
    """Nobody is shown it, so the rest of the definition is as it was."""
    root.put("/api/v1/triggers/report/", TRIGGER, **JSON)
    first = root.get("/api/v1/triggers/report/")["ETag"]
    Trigger.objects.update(payload={"seconds": 0.2})
    assert root.get("/api/v1/triggers/report/")["ETag"].partition("-")[0] != first.partition("-")[0]


def test_a_change_answers_with_the_version_for_the_next(root: Client, defined: tuple[str, Any, Any]) -> None:
    address, change, other = defined
    tag = root.get(address)["ETag"]
    for body in (change, other):
        answer = edit(root, address, body, **{"If-Match": tag})
        assert answer.status_code == 200
        tag = answer["ETag"]
    assert tag.strip('"') == root.get(address)["ETag"].strip('"').partition("-")[0]
