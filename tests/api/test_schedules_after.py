"""Schedules that come after others, by REST: named, refused, and shown with what each run waits for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.models import Audit, Job, Schedule
from tests.api.schedules import BODY, JSON, RIGHTS, URL, make, permit, withdraw

BEGIN = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def api(api, operator):
    permit(operator, *RIGHTS)
    return api


@pytest.fixture
def first(api):
    return make(name="first", expression="0 2 * * *", starts_at=BEGIN)


def asked(**fields):
    return {**BODY, "name": "second", "expression": "0 4 * * *", "starts_at": BEGIN.isoformat(), **fields}


def post(api, **fields):
    return api.post(URL, asked(**fields), content_type=JSON)


def refusals(answer):
    assert answer.status_code == 400, answer.content
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


def test_it_names_them_and_its_run_says_what_it_waits_for(api, first):
    answer = post(api, after=["first"], after_end="any")
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["after"], shown["after_end"]) == (["first"], "any")
    job = api.get(f"/api/v1/jobs/{shown['next_job_id']}/").json()
    assert (job["held_by"], job["waits_for_end"], job["waits_for"]) == ("dependencies", "any", [])
    assert job["waits_for_runs"] == [
        {
            "schedule": first.pk,
            "name": "first",
            "nominal_at": "2099-01-01T02:00:00Z",
            "job": first.next_job_id,
            "is_over": False,
            "stands": "is pending",
        }
    ]
    assert "after_ids" in Audit.objects.get(name="second").after


def test_lists_name_them(api, first):
    post(api, after=["first"])
    listed = api.get(URL).json()["results"]
    assert {one["name"]: one["after"] for one in listed} == {"first": [], "second": ["first"]}


def test_a_patch_of_something_else_leaves_them_and_an_empty_list_takes_them_out(api, first):
    address = f"{URL}{post(api, after=['first']).json()['id']}/"
    assert api.patch(address, {"queue": "slow"}, content_type=JSON).json()["after"] == ["first"]
    shown = api.patch(address, {"after": []}, content_type=JSON).json()
    assert shown["after"] == []
    assert Job.objects.get(pk=shown["next_job_id"]).holds == 0


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"after": ["nobody"]}, "after", "There is no schedule 'nobody'; write the names of schedules that there are."),
        ({"after": ["second"]}, "after", "A schedule cannot come after itself; leave it out."),
        ({"after": [f"s{n}" for n in range(21)]}, "after", "These are 21 schedules; it may come after 20 at most."),
        ({"after": ["first"], "after_end": "best"}, "after_end", "'best' is not known; give success or any."),
    ],
)
def test_what_is_wrong_stands_at_its_field(api, first, fields, field, says):
    assert refusals(post(api, **fields)) == {field: says}


def test_one_that_comes_too_often_is_refused_whoever_becomes_so(api, first):
    make(name="often", expression="* * * * *")
    assert refusals(post(api, after=["often"])) == {
        "after": "'often' comes more than 300 times on a day, and nothing can come after that; leave it out, or let it "
        "come less often."
    }
    post(api, after=["first"])
    answer = api.patch(f"{URL}{first.pk}/", {"expression": "*/2 * * * *"}, content_type=JSON)
    assert refusals(answer) == {
        "expression": "It would come more than 300 times on a day, and 'second' comes after it; let it come less often, "
        "or take it out there."
    }
    assert api.patch(f"{URL}{first.pk}/", {"expression": "*/5 * * * *"}, content_type=JSON).status_code == 200


def test_a_circle_is_refused_with_its_names(api, first):
    post(api, after=["first"])
    answer = api.patch(f"{URL}{first.pk}/", {"after": ["second"]}, content_type=JSON)
    assert refusals(answer) == {
        "after": "That is a circle: 'first' would come after 'second', which comes after it; leave one of them out."
    }


def test_to_name_one_is_to_see_it(api, operator, first):
    made = post(api, after=["first"]).json()
    withdraw(operator, "view_schedule")
    assert refusals(post(api, name="third", after=["first"])) == {
        "after": "To come after others is to see them. This needs the permission 'jobs.view_schedule', which the user "
        "'ada' does not have. The roles viewer, approver, operator and admin have it. An administrator can give it in the admin under Users."
    }
    answer = api.patch(f"{URL}{made['id']}/", {"queue": "slow"}, content_type=JSON)
    assert answer.status_code == 200, "what is not changed is not asked about"


def test_it_is_exported_by_its_names_and_can_be_made_anew_of_that(api, first):
    post(api, after=["first"])
    exported = {one["name"]: one for one in api.get(f"{URL}export/?format=json").json()["schedules"]}
    assert (exported["first"]["after"], exported["second"]["after"]) == ([], ["first"])
    Schedule.objects.get(name="second").delete()
    assert api.post(URL, exported["second"], content_type=JSON).status_code == 201


def test_one_that_is_deleted_is_named_no_more(api, first):
    address = f"{URL}{post(api, after=['first']).json()['id']}/"
    assert api.delete(f"{URL}{first.pk}/").status_code == 204
    assert api.get(address).json()["after"] == []
    assert api.patch(address, {"queue": "slow"}, content_type=JSON).json()["after"] == []


def test_two_ways_to_one_are_no_circle(api, first):
    post(api, name="left", after=["first"])
    post(api, name="right", after=["first"])
    assert post(api, name="last", after=["left", "right"]).status_code == 201
    shown = api.patch(f"{URL}{Schedule.objects.get(name='last').pk}/", {"after": ["right", "left"]}, content_type=JSON)
    assert shown.json()["after"] == ["left", "right"]


def test_one_that_cannot_be_read_may_be_named_all_the_same(api, first):
    Schedule.objects.filter(pk=first.pk).update(expression="?")
    assert post(api, after=["first"]).status_code == 201, "whoever mends it is told whether it comes too often"
