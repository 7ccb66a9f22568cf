"""The page /jobs/new/."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Job
from tests.api.conftest import ahead
from tests.api.steps import PAGE, RIGHT


@pytest.fixture
def browser(operator: User) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def test_a_visitor_logs_in_first(db: None) -> None:
    response = Client().get(PAGE)
    assert (response.status_code, response["Location"]) == (302, f"/login/?next={PAGE}")


def test_without_the_permission(user: User) -> None:
    client = Client()
    client.force_login(user)
    for response in (client.get(PAGE), client.post(PAGE, RIGHT)):
        assert response.status_code == 403
        assert "jobs.add_job" in response.content.decode()
        assert "new-job" not in response.content.decode()
    assert not Job.objects.exists()


def test_the_empty_form(browser: Client) -> None:
    response = browser.get(PAGE)
    page = response.content.decode()
    assert response.status_code == 200
    assert 'name="run_at" value="in 1 minute"' in page
    assert "demo.sleep: Sleeps for some seconds" in page
    assert "csrfmiddlewaretoken" in page


def test_a_right_form_creates_a_job(browser: Client, operator: User) -> None:
    response = browser.post(PAGE, RIGHT, follow=True)
    job = Job.objects.get()
    assert response.redirect_chain == [(f"/jobs/{job.pk}/", 302)]
    assert f"Job {job.pk} will start demo.sleep at 2099-07-01 10:00:00 UTC" in response.content.decode()
    assert (job.name, job.payload, job.created_by) == ("typed", {"seconds": Decimal("0.1")}, operator)
    assert job.run_at.isoformat() == "2099-07-01T10:00:00+00:00"


def test_a_wrong_form_keeps_what_was_typed(browser: Client) -> None:
    response = browser.post(PAGE, {**RIGHT, "name": "<b>mine</b>", "payload": "{seconds: 1}", "target": "demo.slep"})
    page = response.content.decode()
    assert response.status_code == 400
    for kept in ("&lt;b&gt;mine&lt;/b&gt;", "{seconds: 1}", "2099-07-01T12:00", "Europe/Berlin"):
        assert kept in page
    assert "line 1, column 2" in page
    assert "data-fresh" not in page
    assert not Job.objects.exists()


@pytest.mark.parametrize("field", [*RIGHT, "max_attempts"])
@pytest.mark.parametrize("value", ["\x00", "x" * 100_000, "[" * 100_000])
def test_nothing_that_is_typed_breaks_the_page(browser: Client, field: str, value: str) -> None:
    sent = {**RIGHT, field: value}
    body = "&".join(f"{name}={quote(text)}" for name, text in sent.items())
    response = browser.post(PAGE, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert 'class="errorlist"' in response.content.decode()


def test_what_a_page_costs(browser: Client, django_assert_num_queries: Any) -> None:
    browser.get(PAGE)  # measures the clock
    # 1 the session, 2 the user, 3 and 4 permissions, 5 the teams, 6 the calendars
    with django_assert_num_queries(6):
        browser.get(PAGE)


def test_a_time_with_its_own_zone_needs_no_other(browser: Client) -> None:
    browser.post(PAGE, {**RIGHT, "run_at": ahead()})
    assert Job.objects.count() == 1


def test_a_wrong_method(browser: Client) -> None:
    assert browser.put(PAGE).status_code == 405
