"""Destinations in the admin: their addresses are written, and read by nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import AlertEvent, Audit, Delivery, Destination
from tests.alerts.conftest import KEY
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
ADDRESS = "https://hooks.example.com/T024/secret-part"
FORM = {"name": "ops", "kind": "webhook", "pattern": "*", "min_level": "warn", "enabled": "on"}
CHANGE = "/admin/jobs/destination/{}/change/"


@pytest.fixture
def admin(settings: Any) -> Client:
    settings.JOBS_HTTP_SIGNING_KEYS = [f"hooks.example.com={KEY}"]
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def test_an_address_is_shown_nowhere_and_another_is_noted(admin: Client) -> None:
    assert admin.post("/admin/jobs/destination/add/", {**FORM, "address": ADDRESS}).status_code == 302
    made = Destination.objects.get()
    assert made.address == ADDRESS
    address = CHANGE.format(made.pk)
    for page in (address, "/admin/jobs/destination/", "/audit/", f"/admin/jobs/destination/{made.pk}/delete/"):
        assert "secret-part" not in admin.get(page).content.decode(), page
    admin.post(address, {**FORM, "address": f"{ADDRESS}-2"})
    admin.post(address, {**FORM, "address": "", "pattern": "late:*"})
    made.refresh_from_db()
    assert (made.address, made.pattern) == (f"{ADDRESS}-2", "late:*")
    noted = list(Audit.objects.filter(subject="destination").order_by("pk"))
    assert [one.verb for one in noted] == ["create", "change", "change"]
    assert "secret-part" not in str([(one.before, one.after) for one in noted])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"address": ""}, "Say where it leads."),
        ({"address": "https://elsewhere.example.com/"}, "JOBS_HTTP_SIGNING_KEYS"),
        ({"address": "http://127.0.0.1:5432/"}, "not a public address"),
        ({"kind": "mail", "address": "nobody"}, "one of the addresses is none"),
    ],
)
def test_what_cannot_be_used_is_not_saved(admin: Client, more: dict[str, str], why: str) -> None:
    answer = admin.post("/admin/jobs/destination/add/", {**FORM, **more})
    assert why in answer.content.decode()
    assert not Destination.objects.exists()


def test_a_test_is_asked_for(admin: Client) -> None:
    made = Destination.objects.create(name="ops", kind="mail", address="ops@example.com")
    admin.post("/admin/jobs/destination/", {"action": "send_a_test", "_selected_action": [made.pk]})
    delivery = Delivery.objects.get()
    assert (delivery.event, delivery.alert, delivery.outcome) == ("test", None, "waiting")
    assert "waiting" in admin.get("/admin/jobs/delivery/").content.decode()


def test_the_pages_of_destinations_and_deliveries_have_the_colours_of_badges(
    admin: Client, make_destination: Any
) -> None:
    delivery = Delivery.objects.create(
        destination=make_destination(), event=AlertEvent.TEST, made_at=NOW, next_at=NOW, error="it answers 500"
    )
    for path in ("destination/", "delivery/", f"delivery/{delivery.pk}/change/"):
        shown = admin.get(f"/admin/jobs/{path}").content.decode()
        assert 'class="badge idle"' in shown
        assert "admin-jobs.css" in shown
