"""POST .../cancel/, .../run-now/ and .../retry/."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs import transitions
from jobs.models import Job
from jobs.states import State
from tests.api.conftest import JOBS, Problem, bearer
from tests.api.steps import do, start

VERBS = ["cancel", "run-now", "retry"]


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
        ("run-now", "Only a job that has not started can be run now; job {id} is running"),
        ("retry", "Only a failed, interrupted, cancelled or skipped job can be retried; job {id} is running"),
    ],
)
def test_a_running_job_refuses_the_others(api: Client, problem: Problem, make_job: Any, verb: str, says: str) -> None:
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


# --- interrupted jobs ---


@pytest.fixture
def lost(make_job: Any) -> Job:
    job: Job = make_job()
    started = start(job)
    session = job.attempts.get().session
    transitions.interrupt([session], now=started.run_at + timedelta(seconds=30), reason="it vanished")
    return job


@pytest.mark.parametrize(
    ("verb", "becomes"), [("confirm-done", "completed"), ("confirm-failed", "failed"), ("retry", "pending")]
)
def test_it_is_settled_with_a_reason_that_is_kept(api: Client, lost: Job, verb: str, becomes: str) -> None:
    response = do(api, lost, verb, reason="I looked")
    assert (response.status_code, response.json()["state_name"]) == (200, becomes)
    (row,) = api.get(f"{JOBS}{lost.pk}/").json()["audit"]
    assert row.pop("at")
    assert (row.pop("before") is None) == (row.pop("after") is None) == (verb != "retry")
    assert row == {
        "verb": verb.replace("-", "_"),
        "by": "ada",
        "reason": "I looked",
        "from_state": 5,
        "from_state_name": "interrupted",
        "to_state": State[becomes.upper()],
        "to_state_name": becomes,
    }


@pytest.mark.parametrize("verb", ["confirm-done", "confirm-failed", "retry"])
@pytest.mark.parametrize(("reason", "says"), [("", "Say why"), (" ", "Say why"), ("x" * 1001, "1000"), (5, "text")])
def test_without_a_proper_reason_it_stays(  # noqa: PLR0917 - pytest passes them by name
    api: Client, problem: Problem, lost: Job, verb: str, reason: Any, says: str
) -> None:
    problem(do(api, lost, verb, reason=reason), 400, "reason", says)
    assert Job.objects.get().state == State.INTERRUPTED


def test_a_confirmation_needs_the_field(api: Client, problem: Problem, lost: Job) -> None:
    problem(do(api, lost, "confirm-done"), 400, "reason", "required")
    problem(do(api, lost, "retry"), 400, "reason", "say why")


@pytest.mark.parametrize("verb", ["confirm-done", "confirm-failed"])
def test_only_an_interrupted_job_is_confirmed(api: Client, problem: Problem, make_job: Any, verb: str) -> None:
    job = make_job()
    problem(do(api, job, verb, reason="r"), 409, says=f"Only an interrupted job can be confirmed as {verb[8:]}")
    assert api.get(f"{JOBS}{job.pk}/").json()["audit"] == []


def test_to_confirm_needs_the_permission(user: User, problem: Problem, lost: Job) -> None:
    problem(do(bearer(user), lost, "confirm-done", reason="r"), 403, says="jobs.control_job")


def test_each_verb_says_who(api: Client, make_job: Any) -> None:
    job = make_job(3600)
    api.patch(f"{JOBS}{job.pk}/", {"run_at": "2099-01-01T00:00:00Z"}, content_type="application/json")
    for verb in ("run-now", "cancel", "retry"):
        assert do(api, job, verb).status_code == 200
    rows = api.get(f"{JOBS}{job.pk}/").json()["audit"]
    assert [(row["verb"], row["by"]) for row in rows] == [
        (verb, "ada") for verb in ("reschedule", "run_now", "cancel", "retry")
    ]
    moved = rows[0]
    assert (moved["before"], moved["after"]) == (
        {"run_at": job.run_at.isoformat()},
        {"run_at": "2099-01-01T00:00:00+00:00"},
    )


def test_no_job_is_deleted_through_the_api(api: Client, problem: Problem, make_job: Any) -> None:
    problem(api.delete(f"{JOBS}{make_job().pk}/"), 405, says="cancel what has not started")
    assert Job.objects.exists()
