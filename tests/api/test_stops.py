"""Stops of everything by REST and on their page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from jobs.clock import clock
from jobs.models import Audit, Job, Stop
from jobs.transitions import stops
from tests.api.conftest import ahead, new_job

URL, PAGE = "/api/v1/stops/", "/stop/"
JSON = {"content_type": "application/json"}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(stops.time, "sleep", lambda seconds: None)


@pytest.fixture
def stopper(operator):
    operator.user_permissions.add(Permission.objects.get(codename="stop_everything"))
    return operator


@pytest.fixture
def browser(stopper):
    client = Client()
    client.force_login(stopper)
    return client


def test_everything_is_stopped_changed_and_goes_on(api, stopper):
    made = api.post(URL, {"reason": "the disks move"}, **JSON)
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["until"], row["per_minute"], row["created_by"], row["let_go_at"]) == (None, None, "ada", None)
    one = f"{URL}{row['id']}/"
    until = ahead(600)
    changed = api.patch(one, {"until": until, "per_minute": 120}, **JSON).json()
    assert (changed["per_minute"], changed["reason"]) == (120, "the disks move")
    assert api.get(one).json() == changed
    over = api.post(f"{one}go-on/", {"reason": "moved"}, **JSON)
    assert over.status_code == 200
    assert Audit.objects.filter(subject="stop", by=stopper).count() == 3
    Stop.objects.update(let_go_at=clock.now())
    planned = api.post(URL, {"reason": "next", "begins_at": ahead(60), "until": ahead(120)}, **JSON).json()
    assert [found["id"] for found in api.get(URL).json()] == [planned["id"], row["id"]], "what is to come first"


def test_what_cannot_be_is_refused(api, stopper, problem):
    problem(api.post(URL, {}, **JSON), 400, "reason")
    problem(api.post(URL, {"reason": " "}, **JSON), 400, "reason")
    problem(api.post(URL, {"reason": "x", "until": "2020-01-01T00:00Z"}, **JSON), 400, "until", says="must come after")
    problem(api.post(URL, {"reason": "x", "per_minute": 0}, **JSON), 400, "per_minute")
    problem(api.post(URL, {"reason": "x", "hours": 2}, **JSON), 400, "hours")
    assert not Stop.objects.exists()
    problem(api.get(f"{URL}7/"), 404, says="There is no stop 7.")
    problem(api.patch(f"{URL}7/", {"reason": "x"}, **JSON), 404)
    made = api.post(URL, {"reason": "x"}, **JSON).json()["id"]
    assert api.post(f"{URL}{made}/go-on/", {}, **JSON).status_code == 200
    problem(api.post(f"{URL}{made}/go-on/", {}, **JSON), 409, says="is over since")
    problem(api.patch(f"{URL}{made}/", {"reason": "y"}, **JSON), 409, says="begin another")


def test_it_needs_its_own_right(api, problem):
    problem(api.post(URL, {"reason": "x"}, **JSON), 403, says="jobs.stop_everything")
    assert api.get(URL).json() == []


def test_a_pending_job_says_that_it_waits_for_that(api, stopper, browser):
    job = api.post("/api/v1/jobs/", new_job(run_at=ahead(3600)), **JSON).json()["id"]
    api.post(URL, {"reason": "the disks move", "begins_at": ahead(3000), "until": ahead(6000)}, **JSON)
    assert "all starts will be stopped from" in browser.get(f"/jobs/{job}/").content.decode()


def test_two_steps_on_its_page_stop_everything_and_two_let_it_go_on(browser, stopper):
    empty = browser.get(PAGE).content.decode()
    assert "Nothing is stopped or planned" in empty
    assert 'href="/stop/"' in browser.get("/jobs/new/").content.decode()
    stopped = browser.post(PAGE, {"reason": "the disks <move>"}, follow=True).content.decode()
    assert "No job starts now until somebody ends this." in stopped
    assert "the disks &lt;move&gt;" in stopped
    assert "Go on now" in stopped
    made = Stop.objects.get()
    assert "Everything is stopped by ada since" in browser.get("/").content.decode()
    again = browser.post(f"{PAGE}{made.pk}/go-on/", {"reason": ""}, follow=True).content.decode()
    assert f"Stop {made.pk} is over: jobs start again." in again
    assert "was over already" in browser.post(f"{PAGE}{made.pk}/go-on/", follow=True).content.decode()
    assert browser.post(f"{PAGE}{made.pk + 1000}/go-on/").status_code == 404


def test_a_maintenance_is_planned_with_its_pace_and_counts_what_waits(browser, stopper):
    Job.objects.create(target="demo.noop", payload={}, run_at=ahead(100))
    asked = {"reason": "move", "begins_at": ahead(60)[:19], "until": ahead(600)[:19], "per_minute": "90"}
    page = browser.post(PAGE, asked, follow=True).content.decode()
    assert "planned" in page
    assert "0; 1 at its end" in page
    assert "90 a minute start" in page
    assert "Call it off" in page
    made = Stop.objects.get()
    over = browser.post(f"{PAGE}{made.pk}/go-on/", follow=True).content.decode()
    assert "90 a minute of those that were due by now" in over


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "This field is required"),
        ({"reason": "x", "until": "soon"}, "not a date and time"),
        ({"reason": "x", "until": "2020-01-01T00:00"}, "must come after"),
        ({"reason": "x", "begins_at": "2020-13-01T00:00"}, "not a date and time"),
        ({"reason": "x", "per_minute": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_wrong_field_of_its_page_keeps_what_was_typed(browser, asked, says):
    answer = browser.post(PAGE, asked)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert says in page
    assert all(f'value="{value}"' in page for value in asked.values())
    assert not Stop.objects.exists()


def test_a_reason_to_go_on_that_is_too_long_changes_nothing(browser):
    made = stops.stop_everything(stops.Plan(clock.now(), None, "x"), now=clock.now())
    answer = browser.post(f"{PAGE}{made.pk}/go-on/", {"reason": "x" * 1001}, follow=True)
    assert "shorten" in answer.content.decode()
    assert Stop.objects.get().until is None


def test_its_pace_is_changed_on_the_page_while_its_jobs_are_let_go(browser):
    Job.objects.create(target="demo.noop", payload={}, run_at=ahead(-20))
    now = clock.current()
    made = Stop.objects.create(
        begins_at=now - timedelta(seconds=60),
        until=now - timedelta(seconds=1),
        reason="x",
        per_minute=1,
        created_at=now,
    )
    page = browser.get(PAGE).content.decode()
    assert "its jobs are let go" in page
    assert "Go on now" not in page
    assert f'action="{PAGE}{made.pk}/pace/"' in page
    assert f'id="id_per_minute_{made.pk}"' in page
    said = browser.post(f"{PAGE}{made.pk}/pace/", {"per_minute": "5000"}, follow=True).content.decode()
    assert f"What waits for the end of stop {made.pk} is let go 5,000 a minute." in said
    assert (Stop.objects.get().per_minute, Audit.objects.get().by.username) == (5000, "ada")
    wrong = browser.post(f"{PAGE}{made.pk}/pace/", {"per_minute": "0"}, follow=True).content.decode()
    assert "Jobs let go a minute: Ensure this value is greater than or equal to 1." in wrong
    assert "is let go all at once" in browser.post(f"{PAGE}{made.pk}/pace/", follow=True).content.decode()
    assert Stop.objects.get().per_minute is None
    assert (
        "was over already" in browser.post(f"{PAGE}{made.pk}/pace/", {"per_minute": "7"}, follow=True).content.decode()
    )
    assert browser.post(f"{PAGE}99/pace/").status_code == 404


def test_what_was_due_before_it_waits_for_its_end_too(browser):
    Job.objects.create(target="demo.noop", payload={}, run_at=ahead(-3600))
    stops.stop_everything(stops.Plan(clock.now(), None, "x"), now=clock.now())
    assert "<dd>1</dd>" in browser.get(PAGE).content.decode()
    assert "It waits: all starts are stopped from" in browser.get(f"/jobs/{Job.objects.get().pk}/").content.decode()


def test_who_may_only_look_looks(operator):
    client = Client()
    client.force_login(operator)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert '<form class="stacked"' not in page.content.decode()
    posts = {PAGE: {"reason": "x"}, f"{PAGE}1/go-on/": {}, f"{PAGE}1/pace/": {}}
    for refused in (client.post(address, sent) for address, sent in posts.items()):
        assert refused.status_code == 403
        assert "jobs.stop_everything" in refused.content.decode()


def test_who_may_not_look_is_told_so(user):
    client = Client()
    client.force_login(user)
    assert client.get(PAGE).status_code == 403
