"""Jobs that run too long, or that somebody wants to stop, on real workers: told on threads, killed in pool children."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import pytest

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.rules import NewJob
from jobs.states import State
from tests.integration import restless
from tests.integration.conftest import all_final, wait_for

pytestmark = [pytest.mark.processes]

WORKERS = ("threads", "prefork")  # each takes from the queue of its own name


@pytest.fixture
def entries(cluster, tmp_path):
    """What the bodies leave; the heartbeat is so slow that only the broadcast can be quick."""
    file = tmp_path / "entries"
    file.touch()
    quiet = {"JOBS_HEARTBEAT_INTERVAL": "60", "JOBS_HEARTBEAT_PATIENCE": "120", restless.ENTRIES: str(file)}
    quiet["JOBS_CELERY_TASKS"] = "restless.legacy"
    for pool in WORKERS:
        cluster.launch(pool, pool=pool, slots=4, queues=pool, targets=restless.__name__, **quiet)
    cluster.ready(*WORKERS)
    return lambda: file.read_text().split("\n")


def create(queue, target, deadline=None, **payload):
    """Past the rules, since this process does not know those targets."""
    now = clock.now()
    new = NewJob(
        f"{'celery:' if target == 'legacy' else ''}restless.{target}",
        payload,
        now + timedelta(seconds=0.5),
        queue=queue,
        deadline=deadline,
    )
    return transitions.create(new, now=now)[0].pk


def cancel(job_id):
    begun = time.monotonic()
    assert transitions.cancel(job_id, now=clock.now(), reason="not needed").done
    wait_for(partial(all_final, job_id), f"job {job_id} to stop")
    return time.monotonic() - begun


def test_what_becomes_of_a_running_job(cluster, entries):
    """One test for all of it: processes take long to start."""
    heeds, coroutine = create("threads", "heeds"), create("threads", "coroutine")
    killed = create("prefork", "deaf", seconds=600)
    late, dead = (create(pool, "deaf", deadline=2, seconds=4) for pool in WORKERS)
    beside = create("prefork", "deaf", seconds=5)
    legacy = [create(pool, "legacy", args=[1], kwargs={"b": 2}) for pool in WORKERS]
    began = [f"{job_id} began" for job_id in (heeds, coroutine, killed, late, dead, beside)]
    wait_for(lambda: set(began) <= set(entries()), "all bodies to begin")
    lines = entries()
    assert lines.index(f"{heeds} prepared") < lines.index(f"{heeds} began")
    wait_for(lambda: Attempt.objects.filter(progress=0.5).count() == 4, "a child's progress, too")

    took = {job_id: cancel(job_id) for job_id in (heeds, coroutine, killed)}
    assert max(took.values()) < 5, "long before the next heartbeat"
    for job_id in (heeds, coroutine):
        job = Job.objects.get(pk=job_id)
        assert (job.state, job.reason) == (State.FAILED, "Cancelled while running by a program: not needed")
    job = Job.objects.get(pk=killed)
    assert job.state == State.FAILED
    assert job.reason.startswith("Cancelled while running by a program: not needed. Its process was killed")

    wait_for(lambda: Job.objects.get(pk=late).is_beyond_deadline(clock.now()), "a job beyond its deadline")
    wait_for(partial(all_final, late, dead, beside), "the rest to end")
    job = Job.objects.get(pk=dead)
    assert (job.state, job.reason) == (State.FAILED, "Its deadline of 2 s passed; its process was killed")
    assert timedelta(0) < job.finished_at - job.ends_by < timedelta(seconds=3)
    job = Job.objects.get(pk=late)
    assert job.state == State.FAILED
    assert job.reason.startswith("Its deadline of 2 s passed")
    assert Attempt.objects.get(job=late).result == "done"
    assert Job.objects.get(pk=beside).state == State.COMPLETED
    assert f"{dead} ended" not in entries()
    assert all_final(*legacy)
    assert list(Attempt.objects.filter(job__in=legacy).values_list("result", flat=True)) == [3, 3]

    after = [create("prefork", "deaf", seconds=0.01) for _ in range(4)]
    wait_for(partial(all_final, *after), "the children that were killed to have successors")
    assert set(Job.objects.filter(pk__in=after).values_list("state", flat=True)) == {State.COMPLETED}
