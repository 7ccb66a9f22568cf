"""POST .../cancel/, .../run-now/ and .../retry/."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.models import Job
from jobs.states import State
from tests.api.conftest import JOBS, Problem
from tests.api.test_detail import start

VERBS = ["cancel", "run-now", "retry"]


def do(api: Client, job: Job, verb: str, **body: Any) -> Any:
    return api.post(f"{JOBS}{job.pk}/{verb}/", body, content_type="application/json")


def test_cancel_says_who(api: Client, make_job: Any) -> None:
    response = do(api, make_job(), "cancel")
    assert (response.status_code, response.json()["state_name"]) == (200, "cancelled")
    assert Job.objects.get().reason == "Cancelled by ada through the API."


def test_cancel_with_a_reason(api: Client, make_job: Any) -> None:
    assert do(api, make_job(), "cancel", reason="not needed").json()["reason"] == "not needed"


@pytest.mark.parametrize("reason", ["\x00", "\ud800", "x" * 1001])
def test_cancel_with_a_reason_that_cannot_be_kept(api: Client, problem: Problem, make_job: Any, reason: str) -> None:
    problem(do(api, make_job(), "cancel", reason=reason), 400, "reason")
    assert Job.objects.get().state == State.PENDING


def test_run_now_moves_the_job_to_now(api: Client, make_job: Any) -> None:
    response = do(api, make_job(86400), "run-now")
    assert (response.status_code, response.json()["state_name"]) == (200, "pending")
    assert abs(Job.objects.get().run_at - datetime.now(tz=UTC)) < timedelta(seconds=10)


def test_retry_makes_a_cancelled_job_pending_again(api: Client, make_job: Any) -> None:
    job = make_job()
    do(api, job, "cancel")
    response = do(api, job, "retry")
    assert (response.status_code, response.json()["state_name"]) == (200, "pending")
    assert Job.objects.get().version == job.version + 2


@pytest.mark.parametrize(
    ("verb", "says"),
    [
        ("cancel", "Only a job that has not started can be cancelled; job {id} is running"),
        ("run-now", "Only a job that has not started can be run now; job {id} is running"),
        ("retry", "Only a failed, interrupted, cancelled or skipped job can be retried; job {id} is running"),
    ],
)
def test_a_running_job_refuses_them_all(api: Client, problem: Problem, make_job: Any, verb: str, says: str) -> None:
    job = make_job()
    start(job)
    problem(do(api, job, verb), 409, says=says.format(id=job.pk))
    assert Job.objects.get().state == State.RUNNING


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_field_is_named(api: Client, problem: Problem, make_job: Any, verb: str) -> None:
    problem(do(api, make_job(), verb, force=True), 400, "force", "no field of this name")


@pytest.mark.parametrize("verb", VERBS)
def test_a_form_without_fields_will_do(api: Client, make_job: Any, verb: str) -> None:
    job = make_job()
    if verb == "retry":
        do(api, job, "cancel")
    assert api.post(f"{JOBS}{job.pk}/{verb}/").status_code == 200
