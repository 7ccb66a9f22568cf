"""Creating a job that is due at once while nobody listens at the broker's port."""

from __future__ import annotations

import time
from typing import Any

import pytest
from celery import current_app
from django.test import Client

from jobs.models import Job
from jobs.states import State
from tests.api.conftest import JOBS, ahead, new_job

NO_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def producer() -> Any:
        return current_app.amqp.Producer(current_app.connection(NO_BROKER))

    monkeypatch.setattr(current_app, "producer_or_acquire", producer)


@pytest.mark.usefixtures("_no_broker")
@pytest.mark.parametrize("verb", [None, "run-now"])
def test_the_job_is_accepted_quickly_and_left_to_the_next_window(
    api: Client, make_job: Any, verb: str | None, django_capture_on_commit_callbacks: Any, caplog: Any
) -> None:
    earlier = None if verb is None else make_job()
    begin = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        if earlier is None:
            response = api.post(JOBS, new_job(run_at=ahead(1)), content_type="application/json")
        else:
            response = api.post(f"{JOBS}{earlier.pk}/{verb}/")
    assert response.status_code == (201 if earlier is None else 200)
    assert len(callbacks) == 1, "it was not due inside the listed window"
    assert time.monotonic() - begin < 10
    job = Job.objects.get()
    assert (job.state, job.enqueued_at, job.deliveries) == (State.PENDING, None, 0)
