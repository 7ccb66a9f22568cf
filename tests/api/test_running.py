"""A job that runs: how far it is, what it says, whether it takes too long, and that it is to stop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from tests.api.conftest import JOBS, new_job
from tests.api.steps import do, start


def read(api: Client, job: Job) -> Any:
    return api.get(f"{JOBS}{job.pk}/").json()


def test_a_job_is_created_with_a_deadline(api: Client) -> None:
    response = api.post(JOBS, new_job(deadline=30), content_type="application/json")
    assert response.json()["deadline"] == 30
    assert Job.objects.get().deadline == 30


@pytest.mark.parametrize(("ago", "beyond"), [(60, True), (5, False)])
def test_who_runs_beyond_its_deadline_says_so(api: Client, make_job: Any, ago: int, beyond: bool) -> None:
    job = make_job(deadline=30)
    start(job)
    then = clock.now() - timedelta(seconds=ago)
    Job.objects.update(run_at=then, locked_at=then)
    assert read(api, job)["beyond_deadline"] is beyond
    assert api.get(JOBS).json()["results"][0]["beyond_deadline"] is beyond


def test_cancel_asks_a_running_job_to_stop(api: Client, make_job: Any) -> None:
    job = make_job()
    start(job)
    response = do(api, job, "cancel", reason="not needed")
    assert (response.status_code, response.json()["state_name"]) == (200, "running")
    assert response.json()["cancel_requested_at"] is not None
    assert Job.objects.get().state == State.RUNNING


def test_what_its_target_says_is_shown(api: Client, make_job: Any) -> None:
    job = make_job()
    start(job)
    said = {"lines": [{"at": "2030-01-01T00:00:00.000+00:00", "level": "info", "text": "half"}], "more": 2}
    Attempt.objects.update(progress=0.5, progress_note="half", log=said)
    (attempt,) = read(api, job)["attempts"]
    assert (attempt["progress"], attempt["progress_note"], attempt["log"]) == (0.5, "half", said)
