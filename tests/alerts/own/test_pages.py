"""The pages of one's rules: from the page of a job or schedule to a rule, changed and deleted again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import AlertRule, Job
from jobs.web.seen import CHANGED
from tests.admin.schedule_rows import schedule
from tests.conftest import NOW
from tests.monitor.rows import pending
from tests.rights.conftest import make_team, make_user  # noqa: F401

pytestmark = pytest.mark.django_db
EDITOR = ("jobs.view_job", "jobs.view_alert", "jobs.control_job", "jobs.pause_limit", "jobs.add_job")


@pytest.fixture
def client_of() -> Any:
    def make(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make


def form(job: Job, **more: Any) -> dict[str, Any]:
    return {"kind": "job", "name": str(job.pk), "when": "failed", "level": "warn", "time_zone": "UTC", **more}


def test_who_has_created_a_job_has_himself_told_of_it_from_its_page(
    client_of: Any,
    make_user: Any,  # noqa: F811
    make_destination: Any,
) -> None:
    make_destination("people of the night", open_to_all=True)
    make_destination("ops")
    cleo = make_user("cleo", "creator")
    job, client = pending(NOW, created_by=cleo), client_of(cleo)
    link = f"/alerts/rules/new/?kind=job&amp;name={job.pk}"
    assert link in client.get(f"/jobs/{job.pk}/").content.decode()
    page = client.get(link.replace("&amp;", "&")).content.decode()
    assert f'value="{job.pk}"' in page
    assert "people of the night" in page
    assert "ops" not in page
    answer = client.post("/alerts/rules/new/", form(job, destinations=["people of the night"]), follow=True)
    assert f"job &#x27;{job.pk}&#x27;: a job of it failed for good: cleo will be told." in answer.content.decode()
    rule = AlertRule.objects.get()
    changed = {"level": "bad", "time_zone": "UTC", "destinations": ["people of the night"]}
    client.post(f"/alerts/rules/{rule.pk}/", changed)
    rule.refresh_from_db()
    assert (rule.level, rule.enabled, rule.when) == ("bad", False, "failed")
    client.post(f"/alerts/rules/{rule.pk}/delete/")
    assert not AlertRule.objects.exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "Say whom it tells: all."),
        ({"destinations": ["all"], "when": "not_ended"}, "Say by which time of day it has to have ended"),
        ({"destinations": ["all"], "name": "7x"}, "There is no job &#x27;7x&#x27; that you see"),
        ({"destinations": ["ops"]}, "ops is not one of the available choices"),
        ({"destinations": ["all"], "when": "long", "seconds": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_form_that_makes_no_sense_comes_back_with_what_was_typed_and_why(
    client_of: Any,
    make_user: Any,  # noqa: F811
    make_destination: Any,
    more: dict[str, Any],
    said: str,
) -> None:
    make_destination("all", open_to_all=True)
    make_destination("ops")
    cleo = make_user("cleo", "creator")
    answer = client_of(cleo).post("/alerts/rules/new/", form(pending(NOW, created_by=cleo), **more))
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not AlertRule.objects.exists()


def test_a_schedules_page_leads_to_its_rule_and_who_is_in_two_teams_chooses(
    client_of: Any,
    make_user: Any,  # noqa: F811
    make_team: Any,  # noqa: F811
    make_destination: Any,
    admin_client: Client,
) -> None:
    make_destination("all", open_to_all=True)
    row = schedule("nightly run", now=NOW)
    page = admin_client.get(reverse("admin:jobs_schedule_page", args=[row.pk])).content.decode()
    assert "/alerts/rules/new/?kind=schedule&amp;name=nightly%20run" in page
    ada = make_user("ada", None, *EDITOR)
    make_team("books", ada)
    make_team("sales", ada)
    client = client_of(ada)
    fields = {"kind": "target", "name": "demo.noop", "when": "late", "level": "warn", "time_zone": "UTC"}
    said = client.post("/alerts/rules/new/", {**fields, "destinations": ["all"]}).content.decode()
    assert "Say of which team&#x27;s jobs: books, sales." in said
    client.post("/alerts/rules/new/", {**fields, "destinations": ["all"], "team": "sales"})
    assert AlertRule.objects.get().whose == "team sales"
    assert "team sales" in client.get("/alerts/rules/").content.decode()


def test_where_nothing_is_open_the_form_says_who_opens_it(client_of: Any, make_user: Any) -> None:  # noqa: F811
    page = client_of(make_user("cleo", "creator")).get("/alerts/rules/new/").content.decode()
    assert "an administrator opens destinations to you or to your team" in page


def test_an_operator_makes_a_teams_rule_on_the_page(
    client_of: Any,
    make_user: Any,  # noqa: F811
    make_destination: Any,
    make_team: Any,  # noqa: F811
) -> None:
    """Of the roles that there are only he and administrators may change what a team's rule is about, and he is in no
    team: he says which."""
    books = make_destination("books")
    books.teams.add(make_team("books"))
    client = client_of(make_user("otto", "operator"))
    assert '<option value="books">books</option>' in client.get("/alerts/rules/new/").content.decode()
    fields = {"kind": "target", "name": "demo.noop", "when": "failed", "level": "warn", "time_zone": "UTC"}
    client.post("/alerts/rules/new/", {**fields, "team": "books", "destinations": ["books"]})
    assert AlertRule.objects.get().whose == "team books"


def test_of_two_who_have_opened_a_rule_the_second_does_not_go_over_the_first(
    client_of: Any,
    make_user: Any,  # noqa: F811
    make_destination: Any,
) -> None:
    make_destination("all", open_to_all=True)
    cleo = make_user("cleo", "creator")
    client = client_of(cleo)
    client.post("/alerts/rules/new/", form(pending(NOW, created_by=cleo), destinations=["all"]))
    address = f"/alerts/rules/{AlertRule.objects.get().pk}/"
    seen = client.get(address).context["seen"]
    assert f'name="seen" value="{seen}"' in client.get(address).content.decode()
    sent = {"level": "bad", "time_zone": "UTC", "destinations": ["all"], "seen": seen}
    assert client.post(address, sent).status_code == 302
    refused = client.post(address, {**sent, "enabled": "on"})
    assert (refused.status_code, CHANGED in refused.content.decode()) == (400, True)
    assert f'name="seen" value="{seen}"' in refused.content.decode()
    assert AlertRule.objects.get().enabled is False
