"""Operations on jobs by REST: counted, begun (202), followed, cancelled and undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.clock import clock
from jobs.models import Job, Operation
from jobs.states import State
from jobs.transitions import operations
from tests.api.conftest import Problem, bearer

URL = "/api/v1/operations/"
JSON: dict[str, Any] = {"content_type": "application/json"}
PENDING = {"action": "cancel", "filter": "queue=mail&state=pending"}
BEGIN = {**PENDING, "reason": "The server is closed.", "apply": True}


@pytest.fixture
def caller(operator: User) -> Client:
    operator.user_permissions.add(*Permission.objects.filter(codename__in=["view_schedule", "control_schedule"]))
    return bearer(operator)


@pytest.fixture
def jobs(make_job: Any) -> list[Job]:
    now = clock.now()
    return [make_job(3600, now=now, queue="mail") for _ in range(3)] + [make_job(3600, now=now, queue="other")]


def states() -> list[int]:
    return list(Job.objects.order_by("id").values_list("state", flat=True))


def test_it_is_counted_before_anything_is_done(caller: Client, jobs: list[Job]) -> None:
    answer = caller.post(URL, PENDING, **JSON)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"jobs": 3, "left_alone": {}, "looked_at": None, "operation": None}
    assert not Operation.objects.exists()


def test_it_begins_is_followed_and_taken_back(caller: Client, jobs: list[Job]) -> None:
    begun = caller.post(URL, BEGIN, **JSON)
    assert begun.status_code == 202, begun.content
    assert begun["Location"] == f"{URL}{begun.json()['operation']['id']}/"
    assert states() == [State.CANCELLED] * 3 + [State.PENDING]
    found = caller.get(begun["Location"]).json()
    expected = {"kind": "jobs", "action": "cancel", "filter": "state=pending&queue=mail", "done": 3, "progress": 1.0}
    assert {name: found[name] for name in expected} == expected
    assert (found["outcome"], found["can_undo"], found["created_by"]) == ("done", True, "ada")
    assert [one["id"] for one in caller.get(URL).json()["results"]] == [found["id"]]

    undo = f"{begun['Location']}undo/"
    assert caller.post(undo, {}, **JSON).json()["jobs"] == 3
    back = caller.post(undo, {"reason": "It is open.", "apply": True}, **JSON)
    assert (back.status_code, back.json()["operation"]["undoes"]) == (202, found["id"])
    assert states() == [State.PENDING] * 4


def test_the_same_request_with_the_same_key_begins_one(caller: Client, problem: Problem, jobs: list[Job]) -> None:
    key = {"headers": {"Idempotency-Key": '"night-1"'}}
    first, second = (caller.post(URL, BEGIN, **JSON, **key) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert first["Location"] == second["Location"]
    problem(caller.post(URL, {**BEGIN, "filter": ""}, **JSON, **key), 422, says="another request")
    assert Operation.objects.count() == 1


def test_jobs_are_chosen_by_their_ids(caller: Client, jobs: list[Job]) -> None:
    asked = {"action": "move", "ids": [jobs[0].pk, jobs[3].pk], "queue": "slow", "reason": "full", "apply": True}
    answer = caller.post(URL, asked, **JSON)
    assert answer.status_code == 202, answer.content
    operations.go_on(answer.json()["operation"]["id"], now=clock.now())
    assert list(Job.objects.filter(queue="slow").order_by("id")) == [jobs[0], jobs[3]]


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ({"action": "approve", "filter": ""}, "action", "give one of cancel, reschedule"),
        ({"action": "cancel"}, "filter", "say which jobs"),
        ({"action": "cancel", "filter": "", "ids": [1]}, "filter", "one of the two"),
        ({"action": "cancel", "filter": "queu=mail"}, "filter", "queu: There is no filter"),
        ({"action": "cancel", "filter": "page_size=5"}, "filter", "page_size; leave it out"),
        ({"action": "cancel", "ids": []}, "ids", "nothing in the list"),
        ({"action": "cancel", "ids": ["x"]}, "ids.0", "not the id of a job"),
        ({"action": "cancel", "ids": list(range(1, 202))}, "ids", "a filter that finds them"),
        ({"action": "reschedule", "filter": ""}, "run_at", "one of the two"),
        ({"action": "move", "filter": "", "queue": "no queue!"}, "queue", "queue"),
        ({**PENDING, "apply": True}, "reason", "say why"),
        ({**BEGIN, "filter": "queue=nobody"}, "verb", "no job of these"),
    ],
)
def test_what_is_wrong_is_said(  # noqa: PLR0917 - pytest passes them by name
    caller: Client, problem: Problem, jobs: list[Job], asked: dict[str, Any], field: str, says: str
) -> None:
    problem(caller.post(URL, asked, **JSON), 400, field, says)
    assert states() == [State.PENDING] * 4


def test_one_that_goes_on_is_cancelled(caller: Client, problem: Problem, operator: User, jobs: list[Job]) -> None:
    asked = operations.AskedOfMany(operations.OFFERED[0], {"queue": "mail"})
    begun = operations.begin(asked, reason="closed", by=operator, now=clock.now())
    address = f"{URL}{begun.operation.pk}/"
    assert caller.get(address).json()["progress"] == 0.0
    assert caller.post(f"{address}cancel/", {"reason": "no"}, **JSON).json()["outcome"] == "cancelled"
    problem(caller.post(f"{address}cancel/", {}, **JSON), 409, says="has ended already")
    problem(caller.post(f"{address}undo/", {"reason": "x", "apply": True}, **JSON), 400, "operation", "nothing to take")


def test_those_of_others_are_not_there(operator: User, jobs: list[Job], problem: Problem, caller: Client) -> None:
    root = User.objects.create_superuser("grace")
    made = bearer(root).post(URL, BEGIN, **JSON)["Location"]
    assert bearer(root).get(made).status_code == 200
    assert caller.post(URL, PENDING, **JSON).json()["jobs"] == 0, "they are cancelled"
    operator.user_permissions.remove(*Permission.objects.filter(codename="control_job"))
    problem(bearer(operator).post(URL, PENDING, **JSON), 403)
