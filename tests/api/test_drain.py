"""POST /api/v1/workers/{session}/drain/ and .../resume/."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.api import workers
from jobs.models import Worker
from jobs.nodes import drains
from jobs.nodes.cache import Vitals
from jobs.nodes.metrics import Reading
from tests.api.conftest import Problem, bearer
from tests.api.steps import worker


@pytest.fixture(autouse=True)
def nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drains, "wake_at_commit", lambda name: None)


@pytest.fixture
def one(db: None) -> Worker:
    return worker("a", datetime.now(tz=UTC), queues=["default"])


def do(api: Client, session: uuid.UUID, verb: str, **body: Any) -> Any:
    return api.post(f"/api/v1/workers/{session}/{verb}/", body, content_type="application/json")


def test_drain_and_resume(api: Client, one: Worker) -> None:
    drained = do(api, one.session, "drain", reason="new kernel")
    assert drained.status_code == 200
    body = drained.json()
    assert (body["drain_reason"], body["drained_by"], body["alive"]) == ("new kernel", "ada", True)
    assert body["drained_at"]
    resumed = do(api, one.session, "resume")
    assert (resumed.status_code, resumed.json()["drained_at"]) == (200, None)


def test_it_needs_a_reason(api: Client, problem: Problem, one: Worker) -> None:
    problem(do(api, one.session, "drain"), 400, "reason")
    problem(do(api, one.session, "drain", reason=" "), 400, "reason", "say why")


def test_a_refusal_says_why(api: Client, problem: Problem, one: Worker) -> None:
    problem(do(api, one.session, "resume"), 409, says="is not drained")
    problem(do(api, uuid.uuid4(), "drain", reason="x"), 404, says="There is no worker")


def test_it_takes_the_permission_of_the_verbs_of_jobs(problem: Problem, one: Worker) -> None:
    user = User.objects.create_user("linus")
    user.user_permissions.set(Permission.objects.filter(codename="view_job"))
    for verb in ("drain", "resume"):
        problem(do(bearer(user), one.session, verb, reason="x"), 403, says="jobs.control_job")
    assert Worker.objects.get().drained_at is None


def test_the_list_shows_the_fresher_reading(api: Client, one: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker("b", datetime.now(tz=UTC), memory=40.0, refusing="memory 40 % is over JOBS_NODE_MAX_MEMORY=30")
    later = (one.heartbeat_at + timedelta(seconds=1)).timestamp()
    cached = {one.session: Vitals(later, Reading(cpu=5.0, memory=50.0), running=2, refusing="full")}
    monkeypatch.setattr(workers.cache, "read", lambda sessions: cached)
    a, b = api.get("/api/v1/workers/").json()
    assert (a["cpu"], a["memory"], a["load"], a["running"], a["refusing"]) == (5.0, 50.0, None, 2, "full")
    assert (b["memory"], b["refusing"][:11]) == (40.0, "memory 40 %")


def test_a_form_and_no_body_at_all_will_do(api: Client, one: Worker) -> None:
    assert api.post(f"/api/v1/workers/{one.session}/drain/", {"reason": "new kernel"}).status_code == 200
    assert api.post(f"/api/v1/workers/{one.session}/resume/").status_code == 200
