"""What the palette leads to: what this person may see, by addresses that answer."""

import pytest

from jobs.models import Ownership, Team

pytestmark = pytest.mark.django_db


def entries(client):
    return {entry["text"]: entry["href"] for entry in client.get("/palette/").json()["entries"]}


def test_it_leads_to_what_there_is(admin_client):
    found = entries(admin_client)
    assert found["default"] == "/queues/default/"
    assert {admin_client.get(href).status_code for href in found.values()} == {200}


def test_it_leads_to_nothing_that_is_not_for_this_person(client, person):
    team = Team.objects.create(name="books")
    Ownership.objects.create(team=team, kind="queue", name="default")
    Team.objects.create(name="payroll").members.add(grace := person("view_job"))
    client.force_login(grace)
    assert "default" not in entries(client)
    client.force_login(person("add_job", name="ada"))
    found = entries(client)
    assert "default" not in found
    assert "Jobs that wait for approval" not in found
    assert "New job by an HTTP request" in found
    client.force_login(person(name="bob"))
    assert client.get("/palette/").status_code == 403
