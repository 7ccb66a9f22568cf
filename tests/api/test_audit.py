"""Who has changed what: what REST writes down, and GET /api/v1/audit/."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.clock import clock
from jobs.models import Audit
from tests.api.conftest import JOBS, Problem, bearer

AUDIT = "/api/v1/audit/"
JSON = "application/json"
RIGHTS = [f"{verb}_{model}" for verb in ("view", "change", "delete") for model in ("trigger", "calendar", "limit")]
BOOKS = {"target": "demo.sleep", "payload": {"seconds": 0.25}}


@pytest.fixture
def api(operator: User) -> Client:
    wanted = [*RIGHTS, "pause_limit", "view_audit"]
    operator.user_permissions.add(*Permission.objects.filter(content_type__app_label="jobs", codename__in=wanted))
    return bearer(operator)


def listed(api: Client, **query: Any) -> list[dict[str, Any]]:
    response = api.get(AUDIT, query)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def test_a_trigger_from_its_definition_to_its_end(api: Client) -> None:
    url = "/api/v1/triggers/books/"
    for body in (BOOKS, BOOKS, {**BOOKS, "enabled": False}):
        assert api.put(url, body, content_type=JSON).status_code in (200, 201)
    assert api.delete(url).status_code == 204
    deleted, changed, created = listed(api, subject="trigger", name="books")
    assert [(row["verb"], row["by"], row["job"]) for row in (created, changed, deleted)] == [
        ("create", "ada", None),
        ("change", "ada", None),
        ("delete", "ada", None),
    ], "the second time nothing was changed"
    assert created["before"] is None
    assert created["after"].items() >= {"payload": {"seconds": 0.25}, "enabled": True, "name": "books"}.items()
    assert (changed["before"], changed["after"]) == (created["after"], {**created["after"], "enabled": False})
    assert (deleted["before"], deleted["after"]) == (changed["after"], None)


def test_a_calendar_with_its_ranges(api: Client) -> None:
    url = "/api/v1/calendars/office/"
    closed = {"starts": "2026-12-24T12:00", "ends": "2027-01-01", "label": "holidays"}
    for body in ({"open_from": "09:00"}, {"open_from": "09:00", "ranges": [closed]}):
        assert api.put(url, body, content_type=JSON).status_code in (200, 201)
    changed, created = listed(api, subject="calendar")
    assert (created["before"], created["after"]["open_from"], created["after"]["ranges"]) == (None, "09:00:00", [])
    assert changed["before"] == created["after"]
    (told,) = changed["after"]["ranges"]
    assert told.items() >= {"first_day": "2026-12-24", "first_time": "12:00:00", "label": "holidays"}.items()


def test_a_limit_that_is_resumed_says_by_whom(api: Client) -> None:
    url = "/api/v1/limits/queue/mail/"
    assert api.post(f"{url}pause/", {"reason": "the server moves"}, content_type=JSON).status_code == 200
    assert api.post(f"{url}resume/", {}, content_type=JSON).status_code == 200
    resumed, paused = listed(api, subject="queue", name="mail")
    assert (paused["verb"], paused["before"], paused["after"]["pause_reason"]) == ("pause", None, "the server moves")
    assert (resumed["verb"], resumed["by"], resumed["after"]["paused_at"]) == ("resume", "ada", None)


def test_a_job_is_asked_for_by_its_id(api: Client, make_job: Any) -> None:
    job, other = make_job(), make_job()
    for one in (job, other):
        assert api.post(f"{JOBS}{one.pk}/cancel/", {"reason": "not needed"}, content_type=JSON).status_code == 200
    (row,) = listed(api, job=job.pk)
    assert (row["subject"], row["job"], row["name"], row["verb"]) == ("job", job.pk, "", "cancel")
    assert (row["from_state_name"], row["to_state_name"], row["reason"]) == ("pending", "cancelled", "not needed")


def test_pages(api: Client) -> None:
    for number in range(3):
        Audit.objects.note("key", f"k{number}", by=None, now=clock.now(), verb="lift", before={}, after=None)
    page = api.get(AUDIT, {"page_size": 2}).json()
    assert [row["name"] for row in page["results"]] == ["k2", "k1"]
    assert [row["name"] for row in api.get(page["next"]).json()["results"]] == ["k0"]


def test_wrong_filters_are_refused(api: Client, problem: Problem) -> None:
    problem(api.get(AUDIT, {"subject": "lane"}), 400, "subject", "known are: job, queue")
    problem(api.get(AUDIT, {"by": "ada"}), 400, "by", "no filter of this name")
    problem(api.get(f"{AUDIT}?job=1&job=2"), 400, "job", "given twice")


def test_it_needs_its_right(operator: User, problem: Problem) -> None:
    problem(bearer(operator).get(AUDIT), 403, says="jobs.view_audit")
