"""Jobs that wait for others, by REST: created so, and shown with those that they wait for."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs import transitions
from jobs.models import Dependency, Job
from jobs.states import State
from tests.api.conftest import JOBS, Problem, bearer, new_job
from tests.conftest import NOW


def post(api: Client, **fields: Any) -> Any:
    return api.post(JOBS, new_job(**fields), content_type="application/json")


def test_a_job_that_waits_for_others(api: Client, make_job: Any) -> None:
    first, second = make_job(), make_job()
    response = post(api, waits_for=[second.pk, first.pk, first.pk], waits_for_end="any")
    assert response.status_code == 201
    body = response.json()
    pending = {"state": 0, "state_name": "pending"}
    assert body["waits_for"] == [{"id": first.pk, **pending}, {"id": second.pk, **pending}]
    assert (body["waits_for_end"], body["held_by"], body["dependents"]) == ("any", "dependencies", [])
    assert api.get(f"{JOBS}{first.pk}/").json()["dependents"] == [{"id": body["id"], **pending}]
    (listed, *_) = api.get(JOBS).json()["results"]
    assert listed["held_by"] == "dependencies"


def test_it_shows_what_it_has_waited_for(api: Client, make_job: Any) -> None:
    first = make_job()
    pk = post(api, waits_for=[first.pk]).json()["id"]
    transitions.cancel(first.pk, now=NOW, reason="no")
    body = api.get(f"{JOBS}{pk}/").json()
    assert (body["state_name"], body["reason"]) == ("skipped", f"Job {first.pk}, which it waited for, was cancelled.")
    assert body["waits_for"] == [{"id": first.pk, "state": 4, "state_name": "cancelled"}]


def test_of_many_dependents_the_first_are_shown(api: Client, make_job: Any, django_assert_num_queries: Any) -> None:
    first = make_job()
    for _ in range(101):
        make_job(waits_for=[first.pk])
    with django_assert_num_queries(5):  # the 4 of every job, and the dependents
        assert len(api.get(f"{JOBS}{first.pk}/").json()["dependents"]) == 100


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"waits_for": [999_999]}, "waits_for", "There is no job 999999"),
        ({"waits_for": [0]}, "waits_for", "not the id of a job"),
        ({"waits_for": ["soon"]}, "waits_for", "whole numbers"),
        ({"waits_for": [10**30]}, "waits_for", "not the id of a job"),
        ({"waits_for": ["9" * 2000]}, "waits_for", "too long"),
        ({"waits_for": list(range(1, 1002))}, "waits_for", "1000 at most"),
        ({"waits_for_end": "perhaps"}, "waits_for_end", "give success or any"),
    ],
)
def test_what_cannot_be_waited_for(
    api: Client, problem: Problem, fields: dict[str, Any], field: str, says: str
) -> None:
    body = problem(post(api, **fields), 400, says=says)
    assert body["errors"][0]["field"].startswith(field)
    assert not Job.objects.exists()


def test_who_may_not_see_jobs_waits_for_his_own_alone(problem: Problem, make_job: Any, user: User) -> None:
    user.user_permissions.set(Permission.objects.filter(codename="add_job"))
    others, own = make_job().pk, make_job(by=user).pk
    for number in (others, 2**40):  # the same whether there is such a job
        response = post(bearer(user), waits_for=[own, number])
        problem(response, 400, "waits_for", f"There is no job {number}")
    assert post(bearer(user), waits_for=[own]).status_code == 201


def test_it_can_be_sent_as_a_form(api: Client, make_job: Any) -> None:
    first, second = make_job(), make_job()
    fields = {**new_job(), "payload": '{"seconds": 0}', "waits_for": [first.pk, second.pk]}
    assert api.post(JOBS, fields).status_code == 201
    assert Dependency.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "says"), [("x", "is no id of a job"), ("999999", "There is no job 999999"), ("0", "not the id")]
)
def test_the_page_refuses_what_is_not_there(operator: User, make_job: Any, typed: str, says: str) -> None:
    client = Client()
    client.force_login(operator)
    form = {"target": "demo.noop", "queue": "default", "run_at": "2099-01-01T00:00", "time_zone": "UTC"}
    response = client.post("/jobs/new/", {**form, "waits_for": typed})
    assert response.status_code == 400
    assert says in response.content.decode().replace("&#x27;", "'")
    first = make_job()
    assert client.post("/jobs/new/", {**form, "waits_for": f"{first.pk},"}).status_code == 302
    child = Job.objects.latest("id")
    assert (child.waits_for_end, child.dependencies.count(), child.state) == ("success", 1, State.PENDING)
