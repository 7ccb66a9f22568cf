"""Failed logins and refusals stand in the audit, and nobody fills it with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.test import Client

from jobs.clock import clock
from jobs.models import Audit
from project import noted
from tests.api.conftest import JOBS, bearer
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _within_one_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "current", lambda: NOW)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password="correct horse")


def log_in(username: str, given: str = "wrong", **more: Any) -> Any:
    return Client().post("/login/", {"username": username, "password": given}, **more)


def rows() -> list[tuple[Any, ...]]:
    return [(row.subject, row.name, row.verb, row.by_name, row.after) for row in Audit.objects.order_by("id")]


def test_a_failed_login_of_somebody_known(ada: User) -> None:
    log_in("ada")
    assert rows() == [("login", "ada", "refuse", "", {"from": "127.0.0.1"})], "nobody knows who it was"


def test_what_was_typed_for_a_name_is_not_kept_where_there_is_no_such_account() -> None:
    log_in("my secret password")
    assert rows() == [("login", "", "refuse", "", {"from": "127.0.0.1"})]
    assert "secret" not in str(Audit.objects.values())


def test_a_login(ada: User) -> None:
    log_in("ada", "correct horse")
    assert rows() == [("login", "ada", "log_in", "ada", {"from": "127.0.0.1"})]
    assert Audit.objects.get().reason == "By password."


def test_a_login_from_another_address_within_the_hour(ada: User) -> None:
    """Somebody else may have the password."""
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        log_in("ada", "correct horse", REMOTE_ADDR=address)
    assert [row[4] for row in rows()] == [{"from": "192.0.2.1"}, {"from": "192.0.2.2"}]


def test_who_tries_often_makes_few_entries(ada: User) -> None:
    for _ in range(12):
        noted.login_refused(None, "ada", "wrong")
    assert [row[4].get("times_in_this_hour") for row in rows()] == [None, 10]


def test_strangers_do_not_fill_the_audit(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    monkeypatch.setattr(noted, "MOST_OF_STRANGERS", 5)
    for number in range(20):
        monkeypatch.setattr(noted, "_where", lambda request, number=number: f"192.0.2.{number}")
        noted.login_refused(None, f"nobody-{number}", "wrong")
    assert len(rows()) == 5 + 2, "one for each of five, that there are more, and how many at ten"
    assert "Strangers were refused 10 times in this hour" in Audit.objects.latest("id").reason
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM jobs_noted")
        assert cursor.fetchone() == (6,), "what is counted is bounded, too"
    noted.login_refused(None, "ada", "wrong")
    assert rows()[-1][1] == "ada", "and hide nobody who is known"


def test_the_next_hour_begins_anew(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    noted.login_refused(None, "ada", "wrong")
    monkeypatch.setattr(clock, "current", lambda: NOW + timedelta(hours=3))
    noted.login_refused(None, "ada", "wrong")
    User.objects.create_user("bob")
    noted.login_refused(None, "bob", "wrong")
    assert len(rows()) == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT what FROM jobs_noted ORDER BY what")
        assert cursor.fetchall() == [("login ada",), ("login bob",)]


def test_a_change_that_is_refused_for_want_of_a_right(ada: User, make_job: Any) -> None:
    job = make_job()
    assert bearer(ada).post(f"{JOBS}{job.pk}/retry/", {}, content_type="application/json").status_code == 403
    row = Audit.objects.filter(subject="request").get()
    assert (row.name, row.verb, row.by_name) == (f"POST /api/v1/jobs/{job.pk}/retry/", "refuse", "ada")
    assert row.by_token.startswith("runat_")
    assert "jobs.control_job" in row.reason
    page = Client()
    page.force_login(ada)
    assert page.post(f"/jobs/{job.pk}/retry/").status_code == 403
    assert page.post("/admin/jobs/team/add/").status_code == 302, "to the login: nothing was refused"
    assert Audit.objects.filter(subject="request").count() == 2


def test_who_makes_up_methods_makes_few_entries(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    page = Client()
    page.force_login(ada)
    for number in range(12):
        assert page.generic(f"MADEUP{number}", "/admin/jobs/team/add/").status_code == 403
    assert [row[4].get("times_in_this_hour") for row in rows() if row[0] == "request"] == [None, 10]


def test_to_look_and_be_refused_is_no_change(ada: User) -> None:
    assert bearer(ada).get("/api/v1/audit/").status_code == 403
    assert not Audit.objects.filter(subject="request").exists()


def test_a_form_without_its_token_is_no_question_of_rights(ada: User) -> None:
    page = Client(enforce_csrf_checks=True)
    page.force_login(ada)
    assert page.post("/tokens/").status_code == 403
    assert page.post(JOBS, {}, content_type="application/json").status_code == 403
    assert not Audit.objects.exists()


def test_a_token_that_opens_nothing(ada: User) -> None:
    client = bearer(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert client.get(JOBS).status_code == 401
    row = Audit.objects.filter(verb="refuse").get()
    assert row.subject == "token"
    assert row.name.startswith("runat_")
    assert "This token opens nothing any more" in row.reason
    assert Client(headers={"Authorization": "Bearer runat_nobodys-token"}).get(JOBS).status_code == 401
    assert Client().get(JOBS).status_code == 401, "without a token nothing was tried"
    assert [row.name for row in Audit.objects.filter(verb="refuse").order_by("id")][1:] == [""]


def test_what_cannot_be_noted_is_answered_all_the_same(monkeypatch: pytest.MonkeyPatch, ada: User, caplog: Any) -> None:
    def broken(*_: Any) -> int:
        raise DatabaseError("no room")

    monkeypatch.setattr(noted, "_count", broken)
    monkeypatch.setattr(noted.log, "propagate", True)
    assert log_in("ada").status_code == 200
    assert not Audit.objects.exists()
    assert "was not noted" in caplog.text
