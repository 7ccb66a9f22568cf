"""What somebody may do and see who may start a trigger, and nothing else."""

import uuid

import pytest
from django.contrib.auth.models import Permission, User

from jobs.api import triggers
from jobs.clock import clock
from jobs.models import Attempt, Job, Trigger
from jobs.states import State

URL = "/api/v1/triggers/books/"
SEEN = {
    *("id", "state", "state_name", "run_at", "execute_at", "finished_at", "delay_ms", "duration_ms", "reason", "result")
}


@pytest.fixture
def caller(api, operator):
    operator.user_permissions.set(Permission.objects.filter(codename="fire_trigger"))
    return api


@pytest.fixture
def books(db):
    payload = {"url": "https://books.example/", "headers": {"Authorization": "Bearer secret"}}
    return Trigger.objects.create(name="books", target="http", payload=payload, caller_arguments=["json"])


def shown_at_its_end(job_id, result):
    """What the caller sees of it once it has failed with this result."""
    now = clock.now()
    Job.objects.filter(pk=job_id).update(
        state=State.FAILED, locked_at=now, execute_at=now, finished_at=now, reason="It broke.", attempt=1
    )
    Attempt.objects.create(
        job_id=job_id,
        number=1,
        worker="w",
        session=uuid.uuid4(),
        token=uuid.uuid4(),
        run_at=now,
        locked_at=now,
        finished_at=now,
        outcome=State.FAILED,
        result=result,
    )
    job = Job.objects.for_people().with_story().get(pk=job_id)
    return triggers._shown(job, "books", User.objects.get(username="ada"))


def test_a_caller_sees_how_far_the_run_is_and_not_what_it_is_made_of(caller, books):
    answer = caller.post(URL, {"payload": {"json": 1}}, content_type="application/json")
    assert answer.status_code == 202, answer.content
    assert set(answer.json()) == SEEN
    assert b"secret" not in answer.content
    assert "Location" not in answer


def test_whoever_joins_a_run_of_the_trigger_gets_its_result(caller, books):
    first = caller.post(URL).json()
    Job.objects.update(created_by=User.objects.create(username="bob"))
    assert caller.post(URL).json()["id"] == first["id"]
    shown = shown_at_its_end(first["id"], {"status": 200})
    assert (shown["result"], shown["reason"]) == ({"status": 200}, "It broke.")


def test_the_job_of_another_with_the_same_key_tells_nothing(caller, books, make_job):
    """It stands for the call, and that is all."""
    Trigger.objects.update(key="nightly")
    bob = User.objects.create(username="bob")
    job = make_job(0.1, now=clock.now(), key="nightly", by=bob, name="salaries", payload={"seconds": 0.25})
    answer = caller.post(URL)
    assert (answer["RunAt-Run"], answer.json()["id"]) == ("joined", job.pk)
    assert set(answer.json()) == SEEN
    shown = shown_at_its_end(job.pk, {"salary": 1})
    assert (shown["state_name"], shown["reason"], shown["result"]) == ("failed", "", None)


def test_a_job_that_does_just_what_the_trigger_does_tells_its_result(caller, books, make_job):
    """A scheduler and people start the same: all of them get the one result."""
    bob = User.objects.create(username="bob")
    Trigger.objects.update(target="demo.sleep", payload={"seconds": 0.1}, key="nightly")
    job = make_job(0.1, now=clock.now(), key="nightly", by=bob, payload={"seconds": 0.1})
    assert caller.post(URL).json()["id"] == job.pk
    assert shown_at_its_end(job.pk, {"pages": 3})["result"] == {"pages": 3}


def test_who_may_see_jobs_sees_all_of_it(caller, books, operator):
    operator.user_permissions.add(Permission.objects.get(codename="view_job"))
    assert caller.post(URL).json()["payload"]["url"] == "https://books.example/"


def test_an_argument_that_the_trigger_does_not_name_is_refused(caller, books, problem):
    body = {"payload": {"url": "https://evil.example/"}}
    problem(caller.post(URL, body, content_type="application/json"), 400, "payload", "only: json")
    assert not Job.objects.exists()
