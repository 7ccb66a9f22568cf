"""What callers see who create faster than they may: 429, when to come again, and that nothing was created."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from jobs.creation_limits import allowances, bucket
from jobs.creation_limits.allowances import forget
from jobs.models import Budget, CreationLimit, Job
from tests.api.conftest import JOBS, Problem, ahead, bearer, new_job
from tests.api.steps import PAGE, RIGHT


@pytest.fixture
def limited(operator: User) -> User:
    """May create 2 jobs at once, and then one in 8 s."""
    group = Group.objects.create(name="slow")
    operator.groups.add(group)
    CreationLimit.objects.create(group=group, rate=0.125, burst=2)
    forget()
    return operator


def post(api: Client, **fields: object) -> object:
    return api.post(JOBS, new_job(**fields), content_type="application/json")


def used() -> list[object]:
    return list(Budget.objects.values_list("moment", flat=True))


def test_a_token_that_is_too_fast(limited: User, problem: Problem) -> None:
    api = bearer(limited)
    assert [post(api).status_code for _ in range(2)] == [201, 201]
    response = post(api)
    body = problem(response, 429, says="You may create 1 job in 8 seconds; try again in 8 s. Nothing was created.")
    assert body["type"] == "urn:runat:problem:too-fast"
    assert body["title"] == "Too Many Requests"
    assert response["Retry-After"] == "8"
    assert 7000 < body["retry_after_ms"] <= 8000
    assert Job.objects.count() == 2


def test_less_than_a_second_is_a_second(operator: User, problem: Problem) -> None:
    CreationLimit.objects.create(rate=2)  # a machine may take a tenth of a second for each
    browser = Client()
    browser.force_login(operator)
    answers = [post(browser) for _ in range(30)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    body = problem(refused, 429, says="You may create 2 jobs a second; try again in 1 s.")
    assert refused["Retry-After"] == "1"
    assert 1 <= body["retry_after_ms"] <= 501


def test_by_default_tokens_are_not_limited(operator: User) -> None:
    api = bearer(operator)
    assert [post(api).status_code for _ in range(15)] == [201] * 15
    assert not Budget.objects.exists()


def test_what_is_refused_for_another_reason_costs_nothing(limited: User, problem: Problem) -> None:
    api = bearer(limited)
    for _ in range(5):
        problem(post(api, target="demo.slep"), 400, "target")
    assert not used()
    browser = Client()
    browser.force_login(limited)
    for _ in range(5):
        assert browser.post(PAGE, {**RIGHT, "payload": "{"}).status_code == 400
    assert not used()


def test_a_repeat_costs_nothing(limited: User, problem: Problem) -> None:
    api, sent, key = bearer(limited), new_job(), {"Idempotency-Key": "order-17"}
    first = api.post(JOBS, sent, content_type="application/json", headers=key)
    before = used()
    for _ in range(5):
        repeat = api.post(JOBS, sent, content_type="application/json", headers=key)
        assert (repeat.status_code, repeat.json()["id"]) == (200, first.json()["id"])
    assert used() == before
    assert post(api).status_code == 201
    assert post(api).status_code == 429
    assert api.post(JOBS, sent, content_type="application/json", headers=key).status_code == 200
    other = api.post(JOBS, sent, content_type="application/json", headers={"Idempotency-Key": "order-18"})
    problem(other, 429)


def test_the_page_of_the_api_in_a_browser(limited: User) -> None:
    api = bearer(limited, raise_request_exception=False)
    headers = {"Accept": "text/html"}
    answers = [api.post(JOBS, new_job(), content_type="application/json", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1]["Content-Type"] == "text/html; charset=utf-8"
    assert answers[-1]["Retry-After"] == "8"
    assert "Nothing was created." in answers[-1].content.decode()


def test_the_form_keeps_what_was_typed(limited: User) -> None:
    browser = Client()
    browser.force_login(limited)
    for _ in range(2):
        assert browser.post(PAGE, RIGHT).status_code == 302
    response = browser.post(PAGE, {**RIGHT, "name": "<b>mine</b>"})
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (429, "8")
    assert re.search(
        r'<ul class="errorlist nonfield"[^>]*><li>You may create 1 job in 8 seconds; try again in 8 s\. '
        r"Nothing was created\.</li>",
        page,
    )
    for kept in ("&lt;b&gt;mine&lt;/b&gt;", "{&quot;seconds&quot;: 0.1}", "2099-07-01T12:00", "Europe/Berlin"):
        assert kept in page
    assert Job.objects.count() == 2


def test_by_default_a_form_is_limited(operator: User) -> None:
    browser = Client()
    browser.force_login(operator)
    browser.post(PAGE, {**RIGHT, "run_at": ahead()})
    assert Budget.objects.get().subject == f"user:{operator.pk}"


def test_the_budget_is_asked_outside_a_transaction(
    transactional_db: None, limited: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its row would be locked until the job is created, and its lost durability would be the job's."""
    seen = []

    def take(*args: object, **kwargs: object) -> float:
        seen.append(connection.in_atomic_block)
        return bucket.take(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(allowances, "take", take)
    post(bearer(limited))
    browser = Client()
    browser.force_login(limited)
    browser.post(PAGE, RIGHT)
    assert seen == [False] * 2
