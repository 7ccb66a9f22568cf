"""One job, and its run by the one worker of these tests."""

import uuid
from datetime import timedelta

from jobs.clock import clock
from jobs.models import Job
from jobs.transitions import WorkerIdentity
from jobs.worker import runner

WORKER = WorkerIdentity("w1@test", uuid.uuid4())


def job(after=0.0, target="demo.noop", payload=None):
    job = Job.objects.create(target=target, payload=payload or {}, run_at=clock.now() + timedelta(seconds=after))
    job.refresh_from_db()
    return job


def run(job):
    runner.run(job.pk, job.version, WORKER)
    job.refresh_from_db()
    return job
