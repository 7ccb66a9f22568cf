"""What the tests of the API do to jobs, and what they ask."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from jobs import transitions
from jobs.models import Job, Worker
from tests import starts
from tests.api.conftest import JOBS


def start(job: Job, number: int = 1) -> transitions.Started:
    started = starts.acquire(
        job.pk,
        job.version,
        worker=transitions.WorkerIdentity("w1", uuid.UUID(int=number)),
        token=uuid.uuid4(),
        now=job.run_at,
        due_before=job.run_at + timedelta(seconds=1),
    )
    assert started is not None
    return started


def worker(name: str, heartbeat_at: datetime, **fields: Any) -> Worker:
    return Worker.objects.create(name=name, pid=1, pool="threads", slots=5, heartbeat_at=heartbeat_at, **fields)


def do(api: Client, job: Job, verb: str, **body: Any) -> Any:
    return api.post(f"{JOBS}{job.pk}/{verb}/", body, content_type="application/json")


PAGE = "/jobs/new/"


RIGHT = {
    "name": "typed",
    "target": "demo.sleep",
    "payload": '{"seconds": 0.1}',
    "queue": "default",
    "run_at": "2099-07-01T12:00",
    "time_zone": "Europe/Berlin",
}
