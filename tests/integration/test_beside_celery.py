"""What Celery itself does on our workers: its own tasks, its options, its remote control and its restart."""

import os
import signal
from datetime import timedelta
from functools import partial

import pytest
from celery import current_app

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Attempt, Job, Worker
from jobs.states import State
from tests.integration.conftest import all_final, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def create(after: float, seconds: float = 0) -> int:
    now = clock.now()
    run_at = now + timedelta(seconds=after)
    new = rules.check_new_job(target="demo.sleep", payload={"seconds": seconds}, run_at=run_at, now=now)
    return transitions.create(new, now=now)[0].pk


def ask(cluster, command: str, **arguments: object) -> dict:
    with current_app.connection(cluster.environment["BROKER_URL"]) as broker:
        (answer,) = current_app.control.broadcast(
            command, arguments=arguments, reply=True, timeout=20, limit=1, connection=broker
        )
    return next(iter(answer.values()))


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_slots_that_celerys_own_tasks_have_are_not_free(cluster, pool):
    """Two of two for 12 s: the jobs go to the other worker, and none is RUNNING without a body meanwhile."""
    cluster.launch("busy", slots=2, pool=pool, queues="default,tasks", targets="tests.integration.slow_task")
    cluster.launch("idle", slots=4, pool=pool)  # one for each: what is passed on too often waits where it is
    cluster.ready("busy", "idle")
    with current_app.connection(cluster.environment["BROKER_URL"]) as broker:
        producer = current_app.amqp.Producer(broker)
        for _ in range(2):
            current_app.send_task("slow.task", [12], producer=producer, queue="tasks")
    wait_for(lambda: cluster.log("busy").count("slow.task[") >= 2, "both tasks to be received")
    ids = [create(0.5 + 0.02 * n) for n in range(4)]
    wait_for(lambda: all_final(*ids), "the jobs")
    assert {name.partition("@")[0] for name in Attempt.objects.values_list("worker", flat=True)} == {"idle"}
    for job in Job.objects.filter(pk__in=ids):
        assert job.execute_at - job.locked_at < timedelta(seconds=4)


def test_remote_control_names_the_jobs_that_run_and_revokes_none(cluster):
    cluster.worker("w1", slots=2)
    job_id = create(0.5, 8)
    wait_for(lambda: Job.objects.get(pk=job_id).state == State.RUNNING, "the job")
    (running,) = ask(cluster, "active")
    assert (running["id"], running["name"], running["args"]) == (f"job-{job_id}", "jobs.run", [job_id])
    refused = ask(cluster, "revoke", task_id=f"job-{job_id}-v1-1", terminate=True)
    assert f"POST /api/v1/jobs/{job_id}/cancel/" in refused["error"]
    refused = ask(cluster, "terminate", signal="KILL", task_id=[f"job-{job_id}"])
    assert "Nothing was revoked" in refused["error"]
    assert "revoked" in ask(cluster, "revoke", task_id="0-1-2")["ok"]
    wait_for(lambda: all_final(job_id), "its end")
    assert Job.objects.get(pk=job_id).state == State.COMPLETED


def test_a_worker_restarts_itself_on_sighup(cluster):
    process = cluster.worker("w1", slots=2)
    os.kill(process.pid, signal.SIGHUP)
    mine = Worker.objects.filter(pid=process.pid)
    wait_for(lambda: mine.filter(stopped_at=None).count() == 1 and mine.count() == 2, "its next life")
    job_id = create(0.5)
    wait_for(partial(all_final, job_id), "a job of it")
    assert process.poll() is None


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (["-P", "prefork", "--autoscale", "6,1"], "give the number of slots with -c"),
        (["-P", "prefork", "--max-tasks-per-child", "3"], "restart the worker instead"),
        (["-P", "prefork", "--max-memory-per-child", "300000"], "set JOBS_NODE_MAX_MEMORY"),
        (["-P", "solo"], "-P threads or -P prefork"),
    ],
)
def test_an_option_that_costs_punctuality_is_refused_before_anything_is_taken(cluster, options, remedy):
    process = cluster._start("w1", ["worker", "-n", "w1@%h", *options])
    assert process.wait(120) == 1
    assert remedy in cluster.log("w1")
    assert "Traceback" not in cluster.log("w1")
    assert not Worker.objects.exists()
