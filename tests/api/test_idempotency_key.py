"""How an Idempotency-Key is written, and what a second request gets while the first is still being done."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client

from jobs import transitions
from jobs.clock import clock
from jobs.models import Batch, Job, Schedule
from jobs.rules import NewJob
from tests.api.conftest import JOBS, Problem, bearer, new_job

JSON: dict[str, Any] = {"content_type": "application/json"}
BULK = f"{JOBS}bulk/"
SCHEDULE = {"name": "night", "target": "demo.noop", "dialect": "cron", "expression": "0 2 * * *"}


def key(text: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": text}}


@pytest.mark.parametrize(
    "written", ['"order-17"', '"order-17" ', '"order-17";a=1', '"order-17"; a; b="x"'.replace('"x"', "x")]
)
def test_a_key_in_quotes_is_the_same_key(api: Client, written: str) -> None:
    sent = new_job()
    first = api.post(JOBS, sent, **JSON, **key("order-17"))
    second = api.post(JOBS, sent, **JSON, **key(written))
    assert (first.status_code, second.status_code) == (201, 200)
    assert Job.objects.get().idempotency_key == "order-17"


def test_what_is_escaped_in_quotes_is_the_character_itself(api: Client) -> None:
    assert api.post(JOBS, new_job(), **JSON, **key(r'"a\"b\\c d"')).status_code == 201
    assert Job.objects.get().idempotency_key == r'a"b\c d'


def test_an_empty_key_in_quotes_is_none(api: Client) -> None:
    for _ in range(2):
        assert api.post(JOBS, new_job(), **JSON, **key('""')).status_code == 201


@pytest.mark.parametrize("written", ['"order', '"a"b"', '"a" b', r'"a\b"', '"ä"', '"a", "b"', '"a";A=1'])
def test_quotes_that_do_not_fit_are_refused(api: Client, problem: Problem, written: str) -> None:
    problem(api.post(JOBS, new_job(), **JSON, **key(written)), 400, "idempotency_key", "leave the quotes out")
    assert not Job.objects.exists()


def test_quotes_mean_the_same_for_all_that_is_created(operator: User) -> None:
    root = bearer(User.objects.create_superuser("grace"))
    root.put("/api/v1/triggers/report/", {"target": "demo.noop"}, **JSON)
    ways: list[tuple[str, dict[str, Any]]] = [
        (BULK, {"jobs": [new_job()]}),
        ("/api/v1/batches/", {"jobs": [new_job()]}),
        ("/api/v1/schedules/", SCHEDULE),
        ("/api/v1/triggers/report/", {}),
    ]
    for url, body in ways:
        answers = [root.post(url, body, **JSON, **key(written)) for written in ("nightly", '"nightly"')]
        assert answers[1].status_code in (200, 202), (url, answers[1].content)
    assert (Batch.objects.count(), Schedule.objects.count()) == (1, 1)
    assert Job.objects.filter(idempotency_key__contains='"').count() == 0


def test_what_was_kept_with_its_quotes_is_known_still(operator: User) -> None:
    """By a version before quotes meant something: a repeat of its requests comes after the upgrade, too."""
    root = bearer(User.objects.create_superuser("grace"))
    root.put("/api/v1/triggers/report/", {"target": "demo.noop"}, **JSON)
    ways: list[tuple[str, dict[str, Any]]] = [
        (JOBS, new_job()),
        (BULK, {"jobs": [new_job(), new_job()]}),
        ("/api/v1/batches/", {"jobs": [new_job()]}),
        ("/api/v1/schedules/", SCHEDULE),
        ("/api/v1/triggers/report/", {}),
    ]
    for number, (url, body) in enumerate(ways):
        plain = f"nightly-{number}"
        assert root.post(url, body, **JSON, **key(plain)).status_code in (201, 202), url
        for model in (Job, Batch, Schedule):
            for one in model.objects.filter(idempotency_key__startswith=plain):
                rest = one.idempotency_key.removeprefix(plain)
                model.objects.filter(pk=one.pk).update(idempotency_key=f'"{plain}"{rest}')
        before = Job.objects.count()
        assert root.post(url, body, **JSON, **key(f'"{plain}"')).status_code in (200, 202), url
        assert Job.objects.count() == before, url
        others = bearer(User.objects.create_superuser(f"other-{number}"))
        if "schedules" not in url:  # whose names are unique
            assert others.post(url, body, **JSON, **key(f'"{plain}"')).status_code in (201, 202), "keys are each user's"
    assert (Batch.objects.count(), Schedule.objects.count()) == (2, 1)


def test_what_was_kept_with_its_quotes_is_known_though_the_first_of_many_was_wrong(api: Client) -> None:
    url, wrong = f"{BULK}?partial=true", {"target": "demo.is_none"}
    body = {"jobs": [wrong, wrong, new_job(), new_job()]}
    first = api.post(url, body, **JSON, **key("nightly"))
    assert first.status_code == 201, first.content
    for one in Job.objects.all():
        Job.objects.filter(pk=one.pk).update(idempotency_key=one.idempotency_key.replace("nightly", '"nightly"'))
    again = api.post(url, body, **JSON, **key('"nightly"'))
    assert (again.status_code, again.json()["ids"]) == (200, first.json()["ids"])
    assert Job.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_second_bulk_request_does_not_wait_for_the_first(operator: User, problem: Problem) -> None:
    """And gets what the first has created when that is done."""
    api, body = bearer(operator), {"jobs": [new_job(), new_job()]}
    begun, done = Event(), Event()

    def first() -> None:
        api_of_its_own = bearer(operator)
        try:
            with transaction.atomic():
                assert api_of_its_own.post(BULK, body, **JSON, **key("order-17")).status_code == 201
                begun.set()
                assert done.wait(60)
        finally:
            begun.set()
            connection.close()

    thread = Thread(target=first)
    thread.start()
    try:
        assert begun.wait(60)
        refused = api.post(BULK, body, **JSON, **key('"order-17"'))
        found = problem(refused, 409, says="still being done")
        assert (found["type"], refused["Retry-After"]) == ("urn:runat:problem:key-in-use", "1")
        other = api.post(BULK, {"jobs": [new_job()]}, **JSON, **key("order-18"))
        assert other.status_code == 201
    finally:
        done.set()
        thread.join(60)
    again = api.post(BULK, body, **JSON, **key("order-17"))
    assert (again.status_code, len(again.json()["ids"])) == (200, 2)
    assert Job.objects.count() == 3


def test_jobs_that_a_program_creates_without_keys_reserve_none(django_assert_num_queries: Any, db: None) -> None:
    now = clock.current()
    new = [NewJob("demo.noop", {}, now)]
    # 1 savepoint, 2 the ids, 3 release; COPY does not come by Django's cursor
    with django_assert_num_queries(3):
        transitions.create_all(new, now=now, by=None)
