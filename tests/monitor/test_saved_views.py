"""Saved views: a person's own lists of jobs, and those that teams share; each change is in the audit."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client

from jobs.models import Audit, SavedView, Team
from jobs.models.saved_view import LONGEST_QUERY
from jobs.transitions import saved_views
from jobs.web.seen import CHANGED
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def page(client, address="/views/"):
    return html.unescape(client.get(address).content.decode())


def save(client, name, query=""):
    answer = client.post("/views/", {"name": name, "query": query}, follow=True)
    return html.unescape(answer.content.decode())


@pytest.fixture
def members(person):
    """Two members of a team, and one of none."""
    people = [person("view_job", name=name) for name in ("ada", "bob", "eve")]
    team = Team.objects.create(name="books")
    team.members.add(*people[:2])
    found = []
    for one in people:
        found.append(Client())
        found[-1].force_login(one)
    return found


def test_a_view_is_the_filter_without_the_place_in_the_list(viewer):
    said = save(viewer, "failed ones", "q=state:failed+invoice&created_at_after=today&start=50&before=9&sort=delay")
    view = SavedView.objects.get()
    assert view.query == "created_at_after=today&sort=delay&state=failed&q=invoice"
    assert "failed ones is saved" in said
    assert f'<a href="/jobs/?{view.query}">failed ones</a>' in page(viewer)
    assert f'href="/jobs/?{view.query}" aria-current="page">failed ones<' in page(viewer, f"/jobs/?{view.query}")
    assert {"text": "failed ones", "note": "view", "href": f"/jobs/?{view.query}"} in viewer.get("/palette/").json()[
        "entries"
    ]


@pytest.mark.parametrize(
    ("name", "query", "says"),
    [
        ("", "", "needs a name"),
        ("x" * 101, "", "shorter"),
        ("a\nb", "", "line break"),
        ("bad", "state=faild", "did you mean failed"),
        ("bad", "q=quee:x", "did you mean queue"),
        ("bad", "stat=failed", "no filter of this name"),
        ("long", "&".join(f"label=k{n}:{'x' * 200}" for n in range(LONGEST_QUERY // 200)), "at most"),
    ],
)
def test_what_cannot_be_saved_is_told(viewer, name, query, says):
    assert says in save(viewer, name, query)
    assert not SavedView.objects.exists()


def test_a_name_is_taken_once_by_each_and_there_are_so_many_at_most(members, monkeypatch):
    ada, bob, _ = members
    save(ada, "mine")
    assert "You have a view called 'mine'" in save(ada, "mine")
    save(bob, "mine")
    assert SavedView.objects.count() == 2
    monkeypatch.setattr(saved_views, "MOST", 1)
    assert "You have 1 views" in save(ada, "another")


def test_a_team_sees_what_is_shared_with_it_and_changes_nothing_of_it(members):
    ada, bob, eve = members
    save(ada, "payments", "queue=pay")
    view = SavedView.objects.get()
    change, delete = f"/views/{view.pk}/", f"/views/{view.pk}/delete/"
    assert "payments" not in page(bob)
    ada.post(change, {"name": "all that is paid", "team": "books"})
    assert "all that is paid" in page(bob)
    assert "all that is paid" in page(bob, "/jobs/")
    assert "all that is paid" not in page(eve)
    assert [bob.post(where).status_code for where in (change, delete)] == [404, 404]
    Team.objects.get().members.remove(User.objects.get(username="ada"))
    refused = ada.post(change, {"name": "what ada thinks", "team": "books"}, follow=True).content.decode()
    assert "You are in no team &#x27;books&#x27;" in refused, "who has left writes nothing into their palettes"
    assert "what ada thinks" not in page(bob)
    assert "all that is paid" in page(bob)
    ada.post(change, {"name": "payments", "team": ""})
    assert (
        ada.post(change, {"name": "payments", "team": "books"}, follow=True).content.count(b"You are in no team") == 1
    )
    assert "payments" not in page(bob)
    assert eve.post(change, {"name": "x"}).status_code == 404


def test_each_change_is_in_the_audit(members):
    ada = members[0]
    save(ada, "mine", "queue=pay")
    where = f"/views/{SavedView.objects.get().pk}/"
    ada.post(where, {"name": "ours", "team": "books"})
    ada.post(where, {"name": "ours", "team": "books"})
    ada.post(f"{where}delete/")
    rows = Audit.objects.filter(subject="view").order_by("id")
    assert [(row.verb, row.name, row.by_name) for row in rows] == [
        ("create", "mine", "ada"),
        ("change", "ours", "ada"),
        ("delete", "ours", "ada"),
    ]
    assert rows[1].before == {"owner": "ada", "name": "mine", "query": "queue=pay", "team": None}
    assert rows[1].after == {"owner": "ada", "name": "ours", "query": "queue=pay", "team": "books"}
    assert not SavedView.objects.exists()


def test_a_view_outlives_its_team_but_not_its_owner(members):
    save(members[0], "mine")
    SavedView.objects.update(team=Team.objects.get())
    Team.objects.get().delete()
    assert SavedView.objects.get().team is None
    User.objects.get(username="ada").delete()
    assert not SavedView.objects.exists()


def test_a_filter_that_is_too_long_is_no_view(person):
    with pytest.raises(ValidationError, match="a view has 4,000 at most"):
        saved_views.save("long", "q" * (LONGEST_QUERY + 1), by=person("view_job"), now=NOW)
    assert not SavedView.objects.exists()


def test_what_the_table_refuses_for_another_reason_is_no_second_name(person):
    with pytest.raises(IntegrityError, match="created_at"):
        saved_views.save("mine", "", by=person("view_job"), now=None)


def test_of_two_pages_the_older_does_not_go_over_the_newer(viewer):
    save(viewer, "failed ones", "state=failed")
    view = SavedView.objects.get()
    ((_, _, seen),) = viewer.get("/views/").context["own"]
    assert f'name="seen" value="{seen}"' in page(viewer)
    address = f"/views/{view.pk}/"
    assert CHANGED not in viewer.post(address, {"name": "one", "seen": seen}, follow=True).content.decode()
    assert CHANGED in viewer.post(address, {"name": "two", "seen": seen}, follow=True).content.decode()
    assert SavedView.objects.get().name == "one"


def test_a_view_that_was_deleted_meanwhile_is_not_made_anew(person):
    ada = person("view_job", name="ada")
    view = saved_views.save("failed ones", "state=failed", by=ada, now=NOW)
    SavedView.objects.all().delete()
    with pytest.raises(ValidationError, match="has been deleted meanwhile"):
        saved_views.change(view, "one", "", by=ada, now=NOW)
    assert not SavedView.objects.exists()
