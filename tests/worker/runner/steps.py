"""One job, and its run by the one worker of these tests."""

import uuid
from datetime import timedelta

from jobs.clock import clock, steady
from jobs.models import Job
from jobs.transitions import WorkerIdentity
from jobs.worker.arm import acquisition
from jobs.worker.record import recorder
from jobs.worker.run import runner
from jobs.worker.run.runner import Armed

WORKER = WorkerIdentity("w1@test", uuid.uuid4())


def job(after=0.0, target="demo.noop", payload=None):
    job = Job.objects.create(target=target, payload=payload or {}, run_at=clock.now() + timedelta(seconds=after))
    job.refresh_from_db()
    return job


def go(job_id, version, worker):
    """The way of one message through a worker, in this thread."""
    begun = steady()
    claimed = acquisition.acquire([(job_id, version, None)], worker)
    parts = [claimed.acquired, *(acquisition.resolve(wanted, worker) for wanted in claimed.in_doubt)]
    for started in [started for part in parts for started in part.started]:
        ended = runner.run(Armed(started, worker.session, begun, clock.reading))
        if ended:
            recorder.record([ended])


def run(job):
    go(job.pk, job.version, WORKER)
    job.refresh_from_db()
    return job
