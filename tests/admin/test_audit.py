"""What is defined in the admin is written down: who, what, before and after; and the page where that is read."""

from __future__ import annotations

import pytest
from django.test import Client

from jobs.models import Audit, Calendar, CreationLimit, Trigger
from tests.admin.test_calendars import filled

pytestmark = pytest.mark.django_db
MODELS = ("trigger", "calendar", "calendarrange", "creationlimit")
RIGHTS = [f"{verb}_{model}" for verb in ("view", "add", "change", "delete") for model in MODELS]
TRIGGER = {
    "name": "books",
    "target": "demo.sleep",
    "payload": '{"seconds": 0}',
    "queue": "default",
    "key_limit": "1",
    "overlap": "join",
    "max_attempts": "1",
    "retry_on": "[]",
    "caller_arguments": "[]",
    "enabled": "on",
}


@pytest.fixture
def hedy(person):
    client = Client()
    client.force_login(person("view_audit", *RIGHTS, staff=True, name="hedy"))
    return client


def save(client, url, data):
    response = client.post(url, data)
    assert response.status_code == 302, response.context["adminform"].form.errors


def noted():
    return [(row.subject, row.name, row.verb, row.by.username) for row in Audit.objects.all()]


def test_a_trigger(hedy):
    save(hedy, "/admin/jobs/trigger/add/", TRIGGER)
    one = Trigger.objects.get()
    save(hedy, f"/admin/jobs/trigger/{one.pk}/change/", TRIGGER)
    save(hedy, f"/admin/jobs/trigger/{one.pk}/change/", {**TRIGGER, "queue": "slow"})
    hedy.post(f"/admin/jobs/trigger/{one.pk}/delete/", {"post": "yes"})
    verbs = ("create", "change", "delete")
    assert noted() == [("trigger", "books", verb, "hedy") for verb in verbs], "saved as it was is no change"
    created, changed, deleted = Audit.objects.all()
    assert (created.before, created.after["queue"], changed.before) == (None, "default", created.after)
    assert changed.after == deleted.before == {**created.after, "queue": "slow"}
    assert deleted.after is None


def test_whoever_changes_what_a_trigger_runs_has_defined_it(hedy, person):
    """Also where the page says that it was so before."""
    one = Trigger.objects.create(
        name="books", target="demo.sleep", payload={"seconds": 0}, created_by=person(name="ada")
    )
    for payload, more, whose in (
        ('{"seconds": 0}', {"queue": "slow"}, "ada"),
        ('{"seconds": 1}', {}, "hedy"),
    ):
        sent = {**TRIGGER, "payload": payload, "initial-payload": payload, **more}
        save(hedy, f"/admin/jobs/trigger/{one.pk}/change/", sent)
        assert Trigger.objects.get().created_by.username == whose


def test_several_triggers_deleted_from_the_list(hedy):
    pks = [Trigger.objects.create(name=name, target="demo.noop").pk for name in ("a", "b")]
    chosen = {"action": "delete_selected", "_selected_action": pks, "post": "yes"}
    assert hedy.post("/admin/jobs/trigger/", chosen).status_code == 302
    assert not Trigger.objects.exists()
    assert sorted(noted()) == [("trigger", name, "delete", "hedy") for name in ("a", "b")]


def test_a_calendar_whose_range_alone_is_changed(hedy):
    save(hedy, "/admin/jobs/calendar/add/", filled())
    office = Calendar.objects.get()
    closing = {"first_day": "2026-12-24", "first_time": "12:00", "last_day": "2027-01-01", "label": "holidays"}
    save(hedy, f"/admin/jobs/calendar/{office.pk}/change/", filled(closing))
    assert noted() == [("calendar", "office", "create", "hedy"), ("calendar", "office", "change", "hedy")]
    changed = Audit.objects.last()
    assert (changed.before["ranges"], changed.after["ranges"][0]["label"]) == ([], "holidays")


def test_a_creation_limit(hedy):
    save(hedy, "/admin/jobs/creationlimit/add/", {"rate": "2", "burst": "5"})
    hedy.post(f"/admin/jobs/creationlimit/{CreationLimit.objects.get().pk}/delete/", {"post": "yes"})
    name = "everyone with a session"
    assert noted() == [("creation_limit", name, verb, "hedy") for verb in ("create", "delete")]


def test_all_of_it_is_read_in_one_list(hedy):
    save(hedy, "/admin/jobs/trigger/add/", TRIGGER)
    row = Audit.objects.get()
    answer = hedy.get("/admin/jobs/audit/", follow=True)
    assert answer.redirect_chain == [("/audit/", 302)]
    assert f'id="entry-{row.pk}"' in answer.content.decode()
    entry = hedy.get(f"/admin/jobs/audit/{row.pk}/change/").content.decode()
    assert "hedy" in entry
    assert "&quot;queue&quot;: &quot;default&quot;" in entry
