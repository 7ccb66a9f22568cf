"""Defining a trigger, starting its job, waiting for its result."""

import time
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission

from jobs import transitions
from jobs.api import patience
from jobs.clock import clock
from jobs.creation_limits.allowances import forget
from jobs.models import CreationLimit, Job, Trigger
from jobs.states import State
from jobs.transitions import Ended, WorkerIdentity
from tests import starts

URL = "/api/v1/triggers/books/"
BODY = {"target": "demo.sleep", "payload": {"seconds": 0}}
THREADS = {"wsgi.multithread": True}  # as most WSGI servers say


@pytest.fixture
def api(api, operator):
    wanted = ["view_trigger", "change_trigger", "delete_trigger", "fire_trigger"]
    operator.user_permissions.add(*Permission.objects.filter(codename__in=wanted))
    return api


@pytest.fixture
def books(db):
    return Trigger.objects.create(name="books", **BODY)


def test_it_is_defined_changed_read_and_forgotten(api):
    made = api.put(URL, BODY, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["key"] == "trigger:books"
    assert made.json()["overlap"] == "join"
    assert made.json()["labels"] == {}
    changed = api.put(URL, {**BODY, "queue": "slow", "labels": {"team": "payroll"}}, content_type="application/json")
    assert (changed.status_code, changed.json()["queue"]) == (200, "slow")
    assert api.post(URL).json()["labels"] == changed.json()["labels"] == {"team": "payroll"}
    assert api.get(URL).json() == changed.json()
    assert [one["name"] for one in api.get("/api/v1/triggers/").json()] == ["books"]
    assert api.delete(URL).status_code == 204
    assert api.get(URL).status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("books", {**BODY, "target": "demo.slep"}, "target"),
        ("books", {**BODY, "payload": {"minutes": 1}}, "payload"),
        ("books", {**BODY, "overlap": "perhaps"}, "overlap"),
        ("books", {**BODY, "key_limit": 0}, "key_limit"),
        ("books", {**BODY, "deadline": 0}, "deadline"),
        ("books", {**BODY, "start_within": 0}, "start_within"),
        ("books", {**BODY, "caller_arguments": ["minutes"]}, "caller_arguments"),
        ("books", {**BODY, "labels": {"-": "x"}}, "labels"),
        ("books", {**BODY, "tarjet": "x"}, "tarjet"),
        ("-books", BODY, "name"),
    ],
)
def test_what_could_not_be_fired_is_refused(api, problem, name, body, field):
    answer = api.put(f"/api/v1/triggers/{name}/", body, content_type="application/json")
    problem(answer, 400, field)
    assert not Trigger.objects.exists()


def test_a_call_starts_its_job_and_the_next_one_gets_the_same(api, books):
    first = api.post(URL)
    assert (first.status_code, first["RunAt-Run"]) == (202, "started")
    second = api.post(URL, {"payload": {}}, content_type="application/json")
    assert (second.status_code, second["RunAt-Run"]) == (202, "joined")
    assert first.json() == second.json()
    assert Job.objects.get().created_by.get_username() == "ada"


def test_who_waits_gets_the_result_as_soon_as_there_is_one(api, books, monkeypatch):
    def run(seconds):
        job = Job.objects.get()
        now = clock.now()
        worker = WorkerIdentity("w@test", uuid.uuid4())
        due_before = now + timedelta(seconds=1)
        started = starts.acquire(job.pk, 1, worker=worker, token=uuid.uuid4(), now=now, due_before=due_before)
        transitions.finish([Ended(started, State.COMPLETED, now, now, result='{"pages": 3}')])

    monkeypatch.setattr(patience.time, "sleep", run)  # while the caller waits
    answer = api.post(f"{URL}?wait=30", **THREADS)
    assert answer.status_code == 200
    assert (answer.json()["state_name"], answer.json()["result"]) == ("completed", {"pages": 3})


def test_who_waits_too_short_gets_the_run_as_it_is(api, books):
    before = time.monotonic()
    answer = api.post(f"{URL}?wait=0.3", **THREADS)
    assert time.monotonic() - before >= 0.3
    assert (answer.status_code, answer.json()["result"]) == (202, None)
    assert answer["Retry-After"] == "1"
    assert api.get(answer["Location"]).json()["id"] == answer.json()["id"]


def test_who_would_take_the_only_thread_or_the_last_ones_is_answered_at_once(api, books, monkeypatch):
    monkeypatch.setattr(patience.time, "sleep", None)
    assert api.post(f"{URL}?wait=30").status_code == 202, "a process of one thread waits for nobody"
    for _ in range(patience.THREADS):
        assert patience._waiting.acquire(blocking=False)
    try:
        assert api.post(f"{URL}?wait=30", **THREADS).status_code == 202
    finally:
        patience._waiting.release(patience.THREADS)


def test_no_header_looks_like_our_own_server(api, books):
    headers = {"runat.wait": "x", "Runat-Wait": "x", "HTTP_runat.wait": "x"}
    assert api.post(f"{URL}?wait=0.1", headers=headers, **THREADS).status_code == 202


def test_who_is_joined_to_another_run_gets_that_one(api, books, make_job):
    fired = api.post(URL).json()["id"]
    now = clock.now()
    other = make_job(1, now=now)
    Job.objects.filter(pk=fired).update(state=State.SKIPPED, finished_at=now, joined_id=other.pk)
    assert patience.run_of(fired) == other.pk
    assert patience.ended([fired, other.pk]) == set(), "it has ended, and its run has not"
    Job.objects.filter(pk=other.pk).update(state=State.CANCELLED, finished_at=now)
    assert patience.ended([fired, other.pk, 0]) == {fired, other.pk, 0}, "what is gone will not end"


@pytest.mark.parametrize("wait", ["soon", "-1", "61", "nan"])
def test_a_wait_that_cannot_be_is_refused(api, books, problem, wait):
    problem(api.post(f"{URL}?wait={wait}"), 400, "wait", "0 to 60 seconds")
    assert not Job.objects.exists()


def test_what_is_not_there_or_disabled_starts_nothing(api, books, problem):
    problem(api.post("/api/v1/triggers/nothing/"), 404, says="lists those that there are")
    Trigger.objects.update(enabled=False)
    problem(api.post(URL), 409, says="disabled")
    assert not Job.objects.exists()


def test_to_start_it_is_a_right_of_its_own(api, books, operator, problem):
    operator.user_permissions.remove(Permission.objects.get(codename="fire_trigger"))
    problem(api.post(URL), 403, says="jobs.fire_trigger")


@pytest.mark.parametrize("payload", [[1], "a", 5, True])
def test_arguments_that_are_no_object_are_refused(api, books, problem, payload):
    problem(api.post(URL, {"payload": payload}, content_type="application/json"), 400, "payload")


def test_who_may_create_no_more_joins_all_the_same(api, books, operator, problem):
    group = Group.objects.create(name="callers")
    operator.groups.add(group)
    CreationLimit.objects.create(group=group, rate=0.01, burst=1)
    forget()
    first = api.post(URL)
    assert first.status_code == 202
    assert api.post(URL).json()["id"] == first.json()["id"], "a call that joins creates nothing"
    Job.objects.all().update(state=State.CANCELLED, finished_at=clock.now())
    problem(api.post(URL), 429)
