"""What is not shown stays as it is in an edit, and is refused where there is nothing that could stay."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.urls import reverse

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Audit, Job, OccurrenceChange, Schedule, Trigger
from jobs.transitions import triggers
from jobs.transitions.schedules import definitions, single
from tests.admin.schedule_rows import schedule
from tests.api.conftest import bearer, new_job, problem  # noqa: F401 - a fixture
from tests.rights.conftest import page_of
from tests.secrets.steps import TOKEN, has_canary, in_database

pytestmark = pytest.mark.django_db
HIDDEN = "<hidden>"
SENT = {"url": "https://a.example/x", "headers": {"Authorization": TOKEN, "Accept": "*/*"}}
SHOWN = {"url": "https://a.example/x", "headers": {"Authorization": HIDDEN, "Accept": "*/*"}}
JSON = {"content_type": "application/json"}


@pytest.fixture
def operator(make_user: Any) -> User:
    """Somebody who does everything with jobs, and does not see secrets."""
    found: User = make_user("olga", "operator", "jobs.change_trigger", "jobs.add_trigger", is_staff=True)
    return found


@pytest.fixture
def job(make_job: Any) -> Job:
    made: Job = make_job(3600, now=clock.now(), target="http", payload=SENT)
    return made


def payload_of(row: Any) -> Any:
    row.refresh_from_db()
    return row.payload


# --- jobs ---


def test_an_edit_keeps_it(job, operator):
    for changed in ({**SHOWN, "method": "GET"}, {**SHOWN, "url": "https://A.example:443/other", "method": "PUT"}):
        answer = transitions.edit(job.pk, {"payload": changed}, now=clock.now(), by=operator)
        assert answer.done, answer.why
        kept = payload_of(job)
        assert kept == {**changed, "headers": SENT["headers"]}
    assert in_database() == {"jobs_job": {"payload"}}


def test_an_edit_that_shows_it_unchanged_changes_nothing(job, operator):
    answer = transitions.edit(job.pk, {"payload": SHOWN}, now=clock.now(), by=operator)
    assert answer.why == f"Job {job.pk} is as it was."
    assert Audit.objects.filter(job=job).count() == 0


def test_another_value_is_taken(job, operator):
    new = {**SHOWN, "headers": {"Authorization": "Bearer other-value"}}
    assert transitions.edit(job.pk, {"payload": new}, now=clock.now(), by=operator).done
    assert payload_of(job) == new
    row = Audit.objects.get(job=job)
    before, after = (one["payload"]["headers"]["Authorization"] for one in (row.before, row.after))
    assert before.startswith("<hidden ")
    assert after.startswith("<hidden ")
    assert before != after, "one can see that it was changed"
    assert in_database() == {}


@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "http://a.example/x", "https://a.example:8443/x", "https://a.example.evil.com/"]
)
def test_it_is_not_taken_to_another_host(job, operator, url):
    with pytest.raises(ValidationError, match="<hidden> stands for a value that is not shown"):
        transitions.edit(job.pk, {"payload": {**SHOWN, "url": url}}, now=clock.now(), by=operator)
    assert payload_of(job) == SENT


@pytest.mark.parametrize("headers", [{"X-Token": HIDDEN}, {"authorization": HIDDEN}, {"Cookie": "<hidden 0123abcd>"}])
def test_it_is_not_taken_to_another_place(job, operator, headers):
    with pytest.raises(ValidationError, match="stands for a value that is not shown, and none is there"):
        transitions.edit(job.pk, {"payload": {**SHOWN, "headers": headers}}, now=clock.now(), by=operator)


def test_the_edit_page_shows_nothing_and_keeps_it(job, operator):
    client = page_of(operator)
    page = client.get(f"/jobs/{job.pk}/edit/")
    form = page.context["form"]
    assert not has_canary(page.content.decode())
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    sent |= {"version": job.version, "arguments_of": "http", "argument-method": "PATCH", "target": "http"}
    assert HIDDEN in sent["argument-headers"]
    answer = client.post(f"/jobs/{job.pk}/edit/", sent)
    assert answer.status_code == 302, answer.content.decode()
    assert payload_of(job) == {**SENT, "method": "PATCH"}


# --- new ones, and clones ---


@pytest.mark.parametrize("target", ["http", "crm.push"])
def test_there_is_nothing_that_could_stay_in_a_new_one(operator, problem, target):  # noqa: F811
    payload = SHOWN if target == "http" else {"token": HIDDEN}
    answer = bearer(operator).post("/api/v1/jobs/", new_job(target=target, payload=payload), **JSON)
    problem(answer, 400, "payload", 'give the value itself, or refer to a secret by {"$secret": "its name"}')
    for address in ("/api/v1/jobs/bulk/", "/api/v1/batches/"):
        body = {"jobs": [new_job(target=target, payload=payload)]}
        assert bearer(operator).post(address, body, **JSON).status_code == 400
    assert Job.objects.count() == 0


def test_a_clone_keeps_it(job, operator):
    client = page_of(operator)
    page = client.get(f"/jobs/new/?like={job.pk}")
    assert not has_canary(page.content.decode())
    assert f'name="like" value="{job.pk}"' in page.content.decode()
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    sent |= {"arguments_of": "http", "target": "http", "like": str(job.pk), "run_at": "in 10 minutes"}
    for evil in ({"argument-url": "https://evil.example/"}, {"like": ""}, {"like": "x"}, {"like": str(job.pk + 1)}):
        assert client.post("/jobs/new/", {**sent, **evil}).status_code == 400
    answer = client.post("/jobs/new/", sent)
    assert answer.status_code == 302, answer.content.decode()
    assert Job.objects.latest("id").payload == SENT


def test_nobody_clones_what_he_does_not_see(job, make_user, make_team):
    ada = make_user("ada", "operator")
    ada.user_permissions.remove(*ada.user_permissions.filter(codename="all_teams"))
    ada = User.objects.get(pk=ada.pk)
    make_team("ours", ada)
    sent = {"target": "http", "payload": json.dumps(SHOWN), "like": str(job.pk), "queue": "default", "time_zone": "UTC"}
    answer = page_of(ada).post("/jobs/new/", {**sent, "run_at": "in 10 minutes"})
    assert "stands for a value that is not shown" in answer.content.decode()
    assert Job.objects.count() == 1


# --- schedules ---


@pytest.fixture
def nightly() -> Schedule:
    return schedule("nightly", now=clock.now(), target="http", payload=SENT)


def test_a_schedule_keeps_it(nightly, operator, problem):  # noqa: F811
    api, address = bearer(operator), f"/api/v1/schedules/{nightly.pk}/"
    answer = api.patch(address, {"payload": {**SHOWN, "method": "GET"}}, **JSON)
    assert answer.status_code == 200, answer.content
    assert answer.json()["payload"] == {**SHOWN, "method": "GET"}
    assert payload_of(nightly) == {**SENT, "method": "GET"}
    problem(api.patch(address, {"payload": {**SHOWN, "url": "https://evil.example/"}}, **JSON), 400, "payload", HIDDEN)
    problem(api.patch(address, {"target": "crm.push", "payload": {"token": HIDDEN}}, **JSON), 400, "payload", HIDDEN)
    assert api.patch(address, {"expression": "30 4 * * *"}, **JSON).status_code == 200
    assert payload_of(nightly) == {**SENT, "method": "GET"}
    assert in_database().keys() == {"jobs_schedule", "jobs_job"}


def test_a_schedule_in_the_admin_keeps_it(nightly, operator):
    client = page_of(operator)
    address = reverse("admin:jobs_schedule_change", args=[nightly.pk])
    page = client.get(address)
    assert not has_canary(page.content.decode())
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    answer = client.post(address, {**sent, "expression": "45 4 * * *"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert payload_of(nightly) == SENT
    assert nightly.expression == "45 4 * * *"


def test_a_single_run_keeps_it(nightly, operator):
    now = clock.now()
    nominal = nightly.next_at
    later = nominal + timedelta(days=1)
    given = {**SHOWN, "method": "GET"}
    for at in (nominal, later):
        assert single.give_arguments(nightly.pk, at, payload=given, reason="", by=operator, now=now).done
    nightly.refresh_from_db()
    assert Job.objects.get(pk=nightly.next_job_id).payload == {**SENT, "method": "GET"}
    wish = OccurrenceChange.objects.get()
    assert wish.payload == {**SENT, "method": "GET"}
    again = {**given, "expect": [200]}
    assert single.give_arguments(nightly.pk, later, payload=again, reason="", by=operator, now=now).done
    assert payload_of(wish) == {**SENT, "method": "GET", "expect": [200]}
    page = page_of(operator).get(
        reverse("admin:jobs_schedule_run", args=[nightly.pk, "arguments"]), {"at": later.isoformat()}
    )
    assert HIDDEN in page.context["form"].initial["payload"]
    assert not has_canary(page.content.decode())
    evil = {**SHOWN, "url": "https://evil.example/"}
    with pytest.raises(ValidationError, match=HIDDEN):
        single.give_arguments(nightly.pk, later, payload=evil, reason="", by=operator, now=now)
    assert in_database().keys() == {"jobs_schedule", "jobs_job", "jobs_occurrencechange"}


def test_a_single_run_has_secrets_of_its_team_only(nightly, operator, declare):
    declare(teams=["payroll"], hosts=["a.example"])
    given = {**SENT, "headers": {"Authorization": {"$secret": "stripe"}}}
    with pytest.raises(ValidationError, match="is for jobs of payroll only"):
        single.give_arguments(nightly.pk, nightly.next_at, payload=given, reason="", by=operator, now=clock.now())


# --- triggers ---


@pytest.fixture
def hook(operator: User) -> Trigger:
    return Trigger.objects.create(name="hook", target="http", payload=SENT, caller_arguments=["url", "json", "headers"])


def test_a_trigger_keeps_it(hook, operator, problem):  # noqa: F811
    api, body = bearer(operator), {"target": "http", "payload": {**SHOWN, "method": "GET"}}
    answer = api.put("/api/v1/triggers/hook/", body, **JSON)
    assert answer.status_code == 200, answer.content
    assert answer.json()["payload"] == body["payload"]
    assert payload_of(hook) == {**SENT, "method": "GET"}
    evil = {**SHOWN, "url": "https://evil.example/"}
    problem(api.put("/api/v1/triggers/hook/", {**body, "payload": evil}, **JSON), 400, "payload", HIDDEN)
    problem(api.put("/api/v1/triggers/other/", {**body, "payload": SHOWN}, **JSON), 400, "payload", HIDDEN)
    assert in_database() == {"jobs_trigger": {"payload"}}


def test_a_trigger_in_the_admin_keeps_it(hook, operator):
    client, address = page_of(operator), reverse("admin:jobs_trigger_change", args=[hook.pk])
    page = client.get(address)
    assert not has_canary(page.content.decode())
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    answer = client.post(address, {**sent, "queue": "mail"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert payload_of(hook) == SENT
    assert hook.queue == "mail"
    assert in_database() == {"jobs_trigger": {"payload"}}


def test_whoever_starts_a_trigger_does_not_take_it_elsewhere(hook, operator):
    now = clock.now()
    with pytest.raises(ValidationError, match="may not give another address"):
        triggers.fire(hook, now=now, by=operator, payload={"url": "https://evil.example/"})
    same = triggers.fire(hook, now=now, by=operator, payload={"url": "https://a.example/y", "json": 1})
    assert same.job.payload["headers"] == SENT["headers"]
    Trigger.objects.update(payload={"url": "https://a.example/"})
    hook.refresh_from_db()
    assert triggers.checked(hook, now=now, payload={"url": "https://other.example/"})


# --- everywhere ---


def test_the_audit_keeps_none(operator, hook, nightly):
    definitions.change_schedule(nightly.pk, {"queue": "mail"}, by=operator, now=clock.now())
    definitions.delete_schedule(nightly.pk, by=operator, now=clock.now())
    bearer(operator).delete("/api/v1/triggers/hook/")
    told = json.dumps([[row.before, row.after] for row in Audit.objects.all()])
    assert "<hidden " in told
    assert not has_canary(told)


def test_before_the_targets_are_there_the_audit_tells_nothing(nightly, monkeypatch):
    from jobs.models import described  # noqa: PLC0415

    monkeypatch.setattr(described, "_payload_of", described._nothing)
    assert nightly.described()["payload"] == HIDDEN
    assert OccurrenceChange(schedule=nightly, skipped=True).described()["payload"] is None


def test_rules_of_new_jobs_know_no_edit():
    with pytest.raises(ValidationError, match=HIDDEN):
        rules.check_new_job(target="http", payload=SHOWN, now=clock.now())
