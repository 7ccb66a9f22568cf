"""Limits of queues and keys by REST: given, read, paused, resumed, lifted; and approval."""

import pytest
from django.contrib.auth.models import Permission, User

from jobs import targets
from jobs.clock import clock
from jobs.models import Audit, Job, Limit
from jobs.states import Hold
from jobs.targets import registry
from tests.api.conftest import bearer, new_job

URL = "/api/v1/limits/queue/mail/"
JSON = {"content_type": "application/json"}


@pytest.fixture
def api(api, operator):
    wanted = ["view_limit", "change_limit", "delete_limit", "pause_limit"]
    operator.user_permissions.add(*Permission.objects.filter(codename__in=wanted))
    return api


def test_limits_are_given_read_and_lifted(api, problem):
    problem(api.get(URL), 404, says="PUT gives it some")
    given = api.put(URL, {"concurrency": 3, "rate": 2.5}, **JSON)
    assert given.status_code == 200, given.content
    assert given.json() == {
        "kind": "queue",
        "name": "mail",
        "concurrency": 3,
        "rate": 2.5,
        "burst": 1,
        "paused_at": None,
        "paused_by": None,
        "pause_reason": "",
    }
    assert api.get(URL).json() == given.json()
    assert api.get("/api/v1/limits/").json() == [given.json()]
    assert api.put("/api/v1/limits/key/pay one/", {"concurrency": 1}, **JSON).json()["kind"] == "key"
    assert api.delete(URL).status_code == 204
    assert Limit.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"concurrency": 0}, "concurrency"),
        ({"rate": 0}, "rate"),
        ({"rate": -1}, "rate"),
        ({"rate": "nan"}, "rate"),
        ({"rate": 1e-14}, "rate"),
        ({"burst": 0}, "burst"),
        ({"speed": 1}, "speed"),
    ],
)
def test_limits_that_cannot_be_are_refused(api, problem, body, field):
    problem(api.put(URL, body, **JSON), 400, field)
    assert not Limit.objects.exists()


def test_a_queue_that_cannot_be_is_refused(api, problem):
    problem(api.put("/api/v1/limits/queue/amq.x/", {}, **JSON), 400, "name")
    problem(api.post("/api/v1/limits/queue/amq.x/pause/"), 400, "name")
    problem(api.put("/api/v1/limits/worker/x/", {}, **JSON), 404)


def test_it_is_paused_with_a_reason_and_resumed(api, make_job, django_capture_on_commit_callbacks):
    paused = api.post(f"{URL}pause/", {"reason": "the server moves"}, **JSON).json()
    assert (paused["pause_reason"], paused["paused_by"]) == ("the server moves", "ada")
    job = make_job(queue="mail", now=clock.now())
    Job.objects.filter(pk=job.pk).update(holds=Hold.QUEUE)
    assert api.get(f"/api/v1/jobs/{job.pk}/").json()["held_by"] == "queue"
    with django_capture_on_commit_callbacks(execute=True):
        assert api.post(f"{URL}resume/", {"reason": "it has moved"}, **JSON).json()["paused_at"] is None
    assert api.get(f"/api/v1/jobs/{job.pk}/").json()["held_by"] == ""
    audit = Audit.objects.values_list("verb", "by__username", "reason")
    assert list(audit) == [("pause", "ada", "the server moves"), ("resume", "ada", "it has moved")]


def test_a_new_limit_lets_those_go_that_it_does_not_hold(api, make_job, django_capture_on_commit_callbacks):
    Limit.objects.create(name="mail", concurrency=1)
    jobs = [make_job(queue="mail", now=clock.now()) for _ in range(3)]
    Job.objects.all().update(holds=Hold.QUEUE)
    with django_capture_on_commit_callbacks(execute=True):
        api.put(URL, {"concurrency": 2}, **JSON)
    assert [Job.objects.get(pk=job.pk).holds for job in jobs] == [0, 0, Hold.QUEUE]


def test_a_job_says_its_policies(api):
    fields = {"key": "pay", "key_limit": 2, "overlap": "join", "if_late": "hold", "start_within": 60}
    made = api.post("/api/v1/jobs/", new_job(**fields), **JSON)
    assert made.status_code == 201, made.content
    assert {name: made.json()[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("field", "value"), [("overlap", "perhaps"), ("if_late", "run"), ("key_limit", 1001), ("key", "x" * 201)]
)
def test_policies_that_cannot_be_are_refused(api, problem, field, value):
    problem(api.post("/api/v1/jobs/", new_job(**{field: value}), **JSON), 400, field)


def test_another_person_approves(api, problem, monkeypatch, django_user_model):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    targets.target("test.drop", dangerous=True)(lambda: None)
    made = api.post("/api/v1/jobs/", new_job(target="test.drop", payload={}), **JSON).json()
    assert made["held_by"] == "approval"
    url = f"/api/v1/jobs/{made['id']}/approve/"
    problem(api.post(url), 403, says="jobs.approve_job")
    may = Permission.objects.get(codename="approve_job")
    User.objects.get(username="ada").user_permissions.add(may)
    problem(api.post(url), 409, says="somebody else must approve it")
    other = User.objects.create_user("bob")
    other.user_permissions.add(may)
    approved = bearer(other).post(url, {"reason": "seen"}, **JSON)
    assert (approved.status_code, approved.json()["held_by"]) == (200, "")


def test_only_who_may_resume_removes_the_limits_of_what_is_paused(api, operator, problem):
    assert api.post(f"{URL}pause/", {}, **JSON).status_code == 200
    operator.user_permissions.remove(Permission.objects.get(codename="pause_limit"))
    problem(api.delete(URL), 403, says="jobs.pause_limit")
    assert Limit.objects.get().paused_at is not None


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_name_that_cannot_be_stored_is_refused(api, problem, method):
    problem(getattr(api, method)("/api/v1/limits/key/%00/"), 400)


def test_options_tell_what_there_is(api):
    assert api.options(URL).status_code == 200
