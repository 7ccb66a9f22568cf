"""Subscriptions by REST and on their page: a team's, of its own jobs, at webhooks that are open to it; all others are administrators'."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Audit, Destination, Subscription
from jobs.transitions import definitions, subscriptions
from tests.api.conftest import bearer
from tests.rights.conftest import make_team, make_user  # noqa: F401

pytestmark = pytest.mark.django_db
ADDRESS, PAGE, JSON = "/api/v1/subscriptions/", "/alerts/subscriptions/", "application/json"
EDITOR = ("jobs.view_job", "jobs.view_alert", "jobs.control_job")


@pytest.fixture
def world(make_user: Any, make_team: Any, make_destination: Any) -> dict[str, User]:  # noqa: F811
    ada, bob = make_user("ada", None, *EDITOR), make_user("bob", None, *EDITOR)
    blind = make_user("blind", None, "jobs.view_alert", "jobs.control_job")
    books, _ = make_team("books", ada, blind, queues=["pay"]), make_team("sales", bob)
    for name in ("ops", "books", "sales"):
        make_destination(name, "webhook", f"https://{name}.example.com/")
    make_destination("mail", open_to_all=True)
    Destination.objects.get(name="books").teams.add(books)
    return {
        "ada": ada,
        "bob": bob,
        "blind": blind,
        "vera": make_user("vera", "viewer"),
        "olga": make_user("olga", "operator"),
        "root": make_user("root", "admin"),
    }


def post(user: User, **fields: Any) -> Any:
    return bearer(user).post(ADDRESS, {"destination": "books", **fields}, content_type=JSON)


def test_a_team_subscribes_to_its_own_jobs(world: dict[str, User]) -> None:
    answer = post(world["ada"], types=["failed"], queue="pay")
    assert answer.status_code == 201, answer.content
    assert (answer.json()["team"], answer.json()["begun"]) == ("books", False)
    assert Subscription.objects.get().its_team == "books"
    assert Audit.objects.get(subject="subscription").after["team"] == "books"
    address = f"{ADDRESS}{answer.json()['id']}/"
    assert bearer(world["ada"]).patch(address, {"types": []}, content_type=JSON).json()["types"] == []
    assert bearer(world["bob"]).get(address).status_code == 404
    assert bearer(world["bob"]).get(ADDRESS).json() == []
    assert bearer(world["olga"]).delete(address).status_code == 204


def test_another_webhook_is_told_from_then_on(world: dict[str, User]) -> None:
    address = f"{ADDRESS}{post(world['root'], destination='ops').json()['id']}/"
    answer = bearer(world["root"]).patch(address, {"destination": "sales"}, content_type=JSON)
    assert (answer.status_code, answer.json()["destination"]) == (200, "sales"), answer.content
    assert Subscription.objects.get().destination.name == "sales"


def test_one_that_goes_while_it_is_changed_is_not_there(
    world: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, stored = f"{ADDRESS}{post(world['ada']).json()['id']}/", definitions.stored

    def too_late(row: Any, seen: Any = None) -> Any:
        Subscription.objects.all().delete()
        return stored(row, seen)

    monkeypatch.setattr(definitions, "stored", too_late)
    assert bearer(world["ada"]).patch(address, {"types": []}, content_type=JSON).status_code == 404


def test_what_somebody_else_has_changed_meanwhile_stays(
    world: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """He comes between the look at it and the lock, also where nobody says what he has seen."""
    address, stored = f"{ADDRESS}{post(world['ada']).json()['id']}/", definitions.stored

    def at_the_same_time(row: Any, seen: Any = None) -> Any:
        Subscription.objects.update(queue="pay")
        return stored(row, seen)

    monkeypatch.setattr(definitions, "stored", at_the_same_time)
    answer = bearer(world["ada"]).patch(address, {"types": ["failed"]}, content_type=JSON)
    assert answer.json()["queue"] == "pay"
    row = Subscription.objects.get()
    assert (row.queue, row.types) == ("pay", ["failed"])


@pytest.mark.parametrize(
    ("who", "fields", "code"),
    [
        ("ada", {"destination": "ops"}, 400),
        ("ada", {"destination": "mail"}, 400),
        ("ada", {"team": "sales"}, 403),
        ("ada", {"types": ["deleted"]}, 400),
        ("ada", {"name": "x"}, 400),
        ("bob", {}, 400),
        ("vera", {}, 403),
        ("blind", {}, 403),
        ("olga", {}, 400),
        ("olga", {"team": "none"}, 400),
        ("olga", {"team": "sales"}, 400),
    ],
)
def test_what_is_not_within_ones_rights_or_makes_no_sense_is_refused(
    world: dict[str, User], who: str, fields: dict[str, Any], code: int
) -> None:
    assert post(world[who], **fields).status_code == code
    assert not Subscription.objects.exists()


def test_administrators_subscribe_to_all_and_others_leave_theirs_alone(world: dict[str, User]) -> None:
    answer = post(world["root"], destination="ops")
    assert answer.json()["team"] == ""
    address = f"{ADDRESS}{answer.json()['id']}/"
    assert bearer(world["olga"]).get(address).status_code == 200
    assert bearer(world["olga"]).patch(address, {"enabled": False}, content_type=JSON).status_code == 403
    assert bearer(world["ada"]).get(address).status_code == 404


def test_nobody_has_more_than_there_is_room_for(world: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST_OF_ONE", 1)
    assert post(world["ada"]).status_code == 201
    assert "has 1 subscriptions" in post(world["ada"]).json()["detail"]
    monkeypatch.setattr(subscriptions, "MOST", 1)
    assert "as many as are told" in post(world["root"], destination="ops").json()["detail"]


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_team_subscribes_on_the_page_and_ends_it_there(world: dict[str, User]) -> None:
    ada = page_of(world["ada"])
    assert "There is none that you see." in ada.get(PAGE).content.decode()
    form = ada.get(f"{PAGE}new/").content.decode()
    offered = [name for name in ("books", "ops", "sales", "mail") if f'<option value="{name}"' in form]
    assert offered == ["books"], "webhooks that are open to the team"
    made = ada.post(f"{PAGE}new/", {"destination": "books", "types": ["failed"], "queue": "pay"}, follow=True)
    assert "failed of queue pay, team books: books will be told" in made.content.decode()
    row = Subscription.objects.get()
    assert (row.its_team, row.types, row.queue) == ("books", ["failed"], "pay")
    assert f"{PAGE}{row.pk}/delete/" in ada.get(PAGE).content.decode()
    assert f'id="subscription-{row.pk}"' not in page_of(world["bob"]).get(PAGE).content.decode()
    assert page_of(world["bob"]).post(f"{PAGE}{row.pk}/delete/").status_code == 404
    ended = ada.post(f"{PAGE}{row.pk}/delete/", follow=True)
    assert "books is told no more." in ended.content.decode()
    assert not Subscription.objects.exists()
    assert ada.post(f"{PAGE}{row.pk}/delete/").status_code == 404


def test_who_sees_all_says_of_which_teams_jobs_and_what_is_wrong_stands_at_its_field(world: dict[str, User]) -> None:
    olga = page_of(world["olga"])
    said = olga.post(f"{PAGE}new/", {"destination": "books"})
    assert said.status_code == 400
    assert "Say of which team&#x27;s jobs" in said.content.decode()
    assert olga.post(f"{PAGE}new/", {"destination": "books", "team": "books"}).status_code == 302
    assert Subscription.objects.get().its_team == "books"
    assert "/delete/" in olga.get(PAGE).content.decode()
    assert "Choose a webhook" in page_of(world["ada"]).post(f"{PAGE}new/", {}).content.decode()


def test_who_only_looks_has_no_button(world: dict[str, User]) -> None:
    post(world["ada"])
    page = page_of(world["vera"]).get(PAGE).content.decode()
    assert not [words for words in ("/delete/", "/new/") if words in page]
    assert page_of(world["vera"]).get(f"{PAGE}new/").status_code == 403
