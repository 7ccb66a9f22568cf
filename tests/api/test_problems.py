"""What is refused before, beside and behind the views: still a problem, never a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from jobs.models import Job
from tests.api.conftest import JOBS, Problem, new_job


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v1/job/", "/api/v2/jobs/", "/api/v1/jobs", "/api/v1/jobs/x%0Ay/", "/api/%FF"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_path(problem: Problem, path: str, method: str) -> None:
    problem(getattr(Client(), method)(path), 404, says="There is nothing at /api/")


def test_an_unknown_path_with_a_session(operator: User, problem: Problem) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator)
    problem(browser.post("/api/v1/job/", {"a": 1}), 404)


def test_a_missing_slash_is_named(problem: Problem) -> None:
    problem(Client().post("/api/v1/jobs"), 404, says="end with a slash")


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("put", JOBS, "GET, POST"),
        ("delete", JOBS, "GET, POST"),
        ("delete", f"{JOBS}1/", "GET, PATCH"),
        ("get", f"{JOBS}1/cancel/", "POST"),
        ("post", "/api/v1/stats/", "GET"),
    ],
)
def test_a_wrong_method(api: Client, problem: Problem, method: str, address: str, allowed: str) -> None:
    response = getattr(api, method)(address)
    problem(response, 405, says="not allowed")
    assert response["Allow"].startswith(allowed)


@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.parametrize("address", ["/api/schema/", "/api/docs/"])
def test_a_wrong_method_where_no_json_is_spoken(problem: Problem, method: str, address: str) -> None:
    problem(getattr(Client(), method)(address), 405)


def test_an_answer_we_cannot_give(api: Client, problem: Problem) -> None:
    problem(api.get(JOBS, headers={"Accept": "image/png"}), 406)


def test_a_host_that_is_not_ours(db: None, problem: Problem) -> None:
    problem(Client().get(JOBS, HTTP_HOST="evil.example"), 400)
    assert Client().get("/admin/login/", HTTP_HOST="evil.example")["Content-Type"].startswith("text/html")


def test_our_own_mistake(api: Client, problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("jobs.api.views.matching", broken)
    api.raise_request_exception = False
    problem(api.get(JOBS), 500, says="our mistake")


def test_a_browser_gets_its_problem_as_a_page(api: Client) -> None:
    response = api.get(f"{JOBS}0/", headers={"Accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.fixture
def _database_away(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The next connection goes to a port where nobody listens."""
    with django_db_blocker.unblock():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "PORT", "1")
        yield
        connection.close()


@pytest.mark.usefixtures("_database_away")
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"},
        {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345", "Accept": "text/html"},
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_database(problem: Problem, headers: dict[str, str], method: str) -> None:
    response = getattr(Client(), method)(JOBS, headers=headers)
    problem(response, 503, says="database cannot be reached")
    assert response["Retry-After"] == "5"


@pytest.mark.usefixtures("_database_away")
def test_the_docs_stay_without_a_database() -> None:
    for address in ("/api/schema/", "/api/docs/"):
        assert Client().get(address, headers={"Authorization": "Bearer \xff"}).status_code == 200


def test_the_database_is_back_for_the_next_test(api: Client) -> None:
    assert api.post(JOBS, new_job(), content_type="application/json").status_code == 201
    assert Job.objects.count() == 1
