"""A token for some queues or targets creates, sees and touches only jobs of these, whoever owns it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jobs.models import Calendar, Job, Limit, Schedule, Trigger
from jobs.states import State
from tests.api.conftest import JOBS, new_job
from tests.bearing import secret_of

pytestmark = pytest.mark.django_db


def of(owner: User, **only: Any) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret_of(owner, **only)}"})


@pytest.fixture
def root() -> User:
    """Who reaches everything: what is narrowed, the token narrows."""
    return User.objects.create_superuser("root")


def job(queue: str, target: str, **fields: Any) -> Job:
    row = {"queue": queue, "target": target, "payload": {}, "run_at": timezone.now() + timezone.timedelta(hours=1)}
    return Job.objects.create(**row | fields)


SCOPES = [({"queues": ["mail"]}, "mail", "demo.noop"), ({"targets": ["demo.log"]}, "default", "demo.log")]
OUTSIDE = ("default", "demo.noop")


@pytest.mark.parametrize(("only", "queue", "target"), SCOPES)
def test_jobs(root, problem, only, queue, target):
    inside, outside = job(queue, target), job(*OUTSIDE)
    api = of(root, **only)
    assert [row["id"] for row in api.get(JOBS).json()["results"]] == [inside.pk]
    assert api.get(f"{JOBS}{inside.pk}/").status_code == 200
    problem(api.get(f"{JOBS}{outside.pk}/"), 404)
    for verb, body in (("cancel", {}), ("run-now", {}), ("retry", {}), ("approve", {}), ("keep", {"reason": "x"})):
        problem(api.post(f"{JOBS}{outside.pk}/{verb}/", body, content_type="application/json"), 404)
    problem(api.patch(f"{JOBS}{outside.pk}/", {"run_at": "2030-01-01T00:00:00Z"}, content_type="application/json"), 404)
    outside.refresh_from_db()
    assert outside.state == State.PENDING
    assert api.post(f"{JOBS}{inside.pk}/cancel/").status_code == 200
    assert {row["job"] for row in api.get("/api/v1/audit/").json()["results"]} == {inside.pk}


@pytest.mark.parametrize(("only", "queue", "target"), SCOPES)
def test_new_jobs(root, problem, only, queue, target):
    outside = job(*OUTSIDE)
    api = of(root, **only)
    says = f"This token is for other {next(iter(only))} than"
    good, bad = (
        {**new_job(), "payload": payload, "queue": one, "target": kind}
        for one, kind, payload in ((queue, target, {"message": "x"} if target == "demo.log" else {}), (*OUTSIDE, {}))
    )

    def post(address: str, body: Any) -> Any:
        return api.post(address, body, content_type="application/json")

    assert post(JOBS, good).status_code == 201
    problem(post(JOBS, bad), 403, says=says)
    problem(post(f"{JOBS}bulk/", {"jobs": [good, bad]}), 403, says=says)
    problem(post("/api/v1/batches/", {"name": "x", "jobs": [good, bad]}), 403, says=says)
    # Whether there is another's job is not told.
    answers = [
        problem(post(JOBS, {**good, "waits_for": [pk]}), 400)["detail"].replace(str(pk), "ID")
        for pk in (outside.pk, outside.pk + 100_000)
    ]
    assert answers[0] == answers[1]
    assert Job.objects.count() == 2


@pytest.mark.parametrize(("only", "queue", "target"), SCOPES)
def test_what_makes_jobs(root, problem, only, queue, target):
    for name, (one, kind) in {"inside": (queue, target), "outside": OUTSIDE}.items():
        Trigger.objects.create(name=name, queue=one, target=kind, payload={})
    api = of(root, **only)
    assert [row["name"] for row in api.get("/api/v1/triggers/").json()] == ["inside"]
    for ask in (api.get, api.post, api.delete):
        problem(ask("/api/v1/triggers/outside/"), 404)
    assert Trigger.objects.count() == 2
    body = {"dialect": "interval", "expression": "1h", "name": "s", "payload": {}}
    sent = {**body, "queue": "default", "target": "demo.noop"}
    answer = api.post("/api/v1/schedules/", sent, content_type="application/json")
    problem(answer, 400, says=f"This token is for other {next(iter(only))} than")
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(("only", "queue", "target"), SCOPES)
def test_what_all_jobs_share_is_out_of_its_reach(root, problem, only, queue, target):
    """A calendar, a worker, the limit of a queue that is not its own."""
    Limit.objects.create(kind="queue", name="default", concurrency=1)
    Calendar.objects.create(name="nights", time_zone="UTC")
    api = of(root, **only)

    def put(address: str, body: Any) -> Any:
        return api.put(address, body, content_type="application/json")

    problem(put("/api/v1/limits/queue/default/", {"concurrency": 5}), 403)
    problem(api.post("/api/v1/limits/queue/default/pause/"), 403)
    problem(put("/api/v1/calendars/nights/", {"time_zone": "Europe/Berlin"}), 403)
    assert Limit.objects.get().concurrency == 1
    assert Calendar.objects.get().time_zone == "UTC"
