"""GET and PATCH /api/v1/jobs/{id}/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.models import Job
from jobs.states import State
from tests import starts
from tests.api.conftest import JOBS, Problem, ahead
from tests.api.steps import start
from tests.conftest import NOW


def test_a_job_with_its_attempts(api: Client, make_job: Any) -> None:
    job = make_job(name="told")
    late = job.run_at + timedelta(milliseconds=2)
    starts.finish(start(job), outcome=State.FAILED, execute_at=late, finished_at=late, error="Oh!")
    body = api.get(f"{JOBS}{job.pk}/").json()
    assert (body["name"], body["state_name"], body["reason"], body["delay_ms"]) == ("told", "failed", "Oh!", 2.0)
    (attempt,) = body["attempts"]
    assert (attempt["number"], attempt["worker"], attempt["outcome_name"]) == (1, "w1", "failed")
    assert (attempt["error"], attempt["finished_at"]) == ("Oh!", body["finished_at"])


def test_what_reading_a_job_costs(api: Client, make_job: Any, django_assert_num_queries: Any) -> None:
    job = make_job()
    # 1 token, user and permissions, 2 the job, 3 its attempts, 4 its audit
    with django_assert_num_queries(4):
        api.get(f"{JOBS}{job.pk}/")


@pytest.mark.parametrize(
    "job_id",
    ["0", "999999", str(2**63 - 1), str(2**63), "9" * 100, "9" * 5000, "abc", "-1", "1.5", "%00", "%0A", "\uff11"],
)
@pytest.mark.parametrize(("method", "rest"), [("get", ""), ("patch", ""), ("post", "cancel/"), ("post", "retry/")])
def test_no_such_job(api: Client, problem: Problem, method: str, rest: str, job_id: str) -> None:
    body = {"run_at": ahead()} if method == "patch" else {}
    problem(getattr(api, method)(f"{JOBS}{job_id}/{rest}", body, content_type="application/json"), 404)


def test_patch_moves_a_pending_job(api: Client, make_job: Any) -> None:
    job = make_job()
    response = api.patch(f"{JOBS}{job.pk}/", {"run_at": "2099-01-01T00:00:00Z"}, content_type="application/json")
    assert (response.status_code, response.json()["run_at"]) == (200, "2099-01-01T00:00:00Z")
    moved = Job.objects.get()
    assert (moved.run_at.year, moved.version) == (2099, job.version + 1)


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"run_at": "2001-01-01T00:00:00Z"}, "run_at", "in the past"),
        ({"run_at": "2099-01-01T00:00:00"}, "run_at", "no zone"),
        ({"run_at": "soon"}, "run_at", "write it like"),
        ({}, "body", "would change nothing"),
        ({"reason": "x"}, "body", "would change nothing"),
        ({"nam": "x"}, "nam", "known are: payload"),
        ({"target": "demo.noop"}, "target", "cancel this one and create that"),
        ({"waits_for": [1]}, "waits_for", "what a job waits for stays"),
    ],
)
def test_patch_with_what_is_wrong(  # noqa: PLR0917 - pytest passes them by name
    api: Client, problem: Problem, make_job: Any, body: dict[str, str], field: str, says: str
) -> None:
    job = make_job()
    problem(api.patch(f"{JOBS}{job.pk}/", body, content_type="application/json"), 400, field, says)
    assert Job.objects.get().run_at == job.run_at


def test_patch_of_a_job_that_has_started(api: Client, problem: Problem, make_job: Any) -> None:
    job = make_job()
    start(job)
    response = api.patch(f"{JOBS}{job.pk}/", {"run_at": ahead()}, content_type="application/json")
    problem(response, 409, says=f"job {job.pk} is running since {NOW + timedelta(seconds=60):%Y-%m-%d %H:%M:%S}")
