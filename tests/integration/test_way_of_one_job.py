"""From a row to a punctual start, on real parts."""

from __future__ import annotations

import signal
import time

import psutil
import pytest

from jobs import transitions
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for
from tests.integration.steps import create, graceful_stop, insert

pytestmark = [pytest.mark.processes]


def test_rows_by_sql_and_jobs_in_two_seconds_start_on_time_and_once(cluster):
    cluster.beat()
    cluster.workers("w1", "w2")
    by_sql = [insert(after="6 seconds") for _ in range(3)]
    soon = [create(2) for _ in range(3)]
    broken = [insert(*wrong, "-22 seconds") for wrong in (("no.such.target", "{}"), ("demo.sleep", "[1]"))]  # of 30
    wait_for(lambda: all_final(*by_sql, *soon, *broken), "all jobs to end")
    for job in Job.objects.filter(pk__in=[*by_sql, *soon]):
        assert job.state == State.COMPLETED
        assert job.run_at <= job.execute_at
        assert Attempt.objects.filter(job=job).count() == 1, EXACTLY_ONCE
    assert "no target" in Job.objects.get(pk=broken[0]).reason
    assert Job.objects.get(pk=broken[1]).state == State.FAILED
    assert not WorkerLog.objects.filter(action="ACQUIRE_FAILURE").exists()


def test_a_worker_killed_in_mid_body_leaves_an_interrupted_job_and_the_others_go_on(cluster):
    cluster.beat()
    cluster.launch("victim", slots=1)
    cluster.launch("survivor", queues="other")
    cluster.ready("victim", "survivor")
    doomed = create(1, payload={"seconds": 600})
    wait_for(lambda: Job.objects.get(pk=doomed).state == State.RUNNING, "the doomed job to run")
    cluster.add_consumer("survivor")
    after = [create(2) for _ in range(4)]
    cluster.stop("victim", signal.SIGKILL)
    wait_for(lambda: all_final(doomed, *after), "the killed job to be settled")
    assert Job.objects.get(pk=doomed).state == State.INTERRUPTED
    assert "vanished" in Job.objects.get(pk=doomed).reason
    assert {j.state for j in Job.objects.filter(pk__in=after)} == {State.COMPLETED}
    assert not Attempt.objects.filter(number__gt=1).exists()


def test_a_rerunnable_job_of_a_killed_worker_is_started_again_by_another(cluster):
    cluster.beat()
    cluster.worker("victim", slots=1)
    job_id = create(1, payload={"seconds": 3}, rerunnable=True, max_attempts=2)
    wait_for(lambda: Job.objects.get(pk=job_id).state == State.RUNNING, "the job to run")
    cluster.launch("survivor")
    cluster.stop("victim", signal.SIGKILL)
    wait_for(lambda: all_final(job_id), "the job to end")
    job = Job.objects.get(pk=job_id)
    first, second = Attempt.objects.order_by("number")
    assert (job.state, first.outcome, second.outcome) == (State.COMPLETED, State.INTERRUPTED, State.COMPLETED)
    assert second.run_at == job.run_at == first.finished_at + transitions.back_off(1)
    assert second.started_at >= job.run_at
    assert second.worker.startswith("survivor@")


def test_the_leading_beat_is_killed_and_the_other_goes_on(cluster):
    first = cluster.beat("first")
    wait_for(lambda: "leads now" in cluster.log("first"), "the first beat to lead")
    cluster.beat("second")
    cluster.worker("w1")
    jobs = [create(after) for after in (1, 3, 5, 6, 7, 8, 9, 10)]
    cluster.stop("first", signal.SIGKILL)
    wait_for(lambda: "leads now" in cluster.log("second"), "the second beat to lead")
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    assert {j.state for j in Job.objects.filter(pk__in=jobs)} == {State.COMPLETED}
    assert Attempt.objects.count() == len(jobs), EXACTLY_ONCE
    assert first.poll() is not None


def test_a_graceful_stop_hands_back_at_once_what_waits_and_ends_what_runs(cluster, settings):
    graceful_stop(cluster, settings)


def test_the_prefork_pool_runs_jobs_too(cluster):
    cluster.beat()
    cluster.worker("w1", slots=2, pool="prefork")
    jobs = [create(2) for _ in range(4)]
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    assert {j.state for j in Job.objects.filter(pk__in=jobs)} == {State.COMPLETED}


def test_a_failing_job_fails_alone(cluster):
    cluster.beat()
    cluster.worker("w1")
    bad, good = create(1, "demo.fail", {"message": "as asked"}), create(1)
    wait_for(lambda: all_final(bad, good), "both to end")
    assert "as asked" in Job.objects.get(pk=bad).reason
    assert Job.objects.get(pk=good).state == State.COMPLETED


def test_a_pool_child_killed_in_mid_body_is_reported_by_its_parent_at_once(cluster):
    cluster.beat()
    parent = cluster.worker("w1", slots=2, pool="prefork")
    doomed = create(1, payload={"seconds": 600})
    wait_for(lambda: Job.objects.get(pk=doomed).state == State.RUNNING, "the doomed job to run")
    children = psutil.Process(parent.pid).children()
    time.sleep(1)  # the row is taken a moment before the body
    for child in children:
        child.kill()
    wait_for(lambda: all_final(doomed), "the job to be settled")
    assert Job.objects.get(pk=doomed).state == State.INTERRUPTED
    assert "Its process died" in Job.objects.get(pk=doomed).reason
    assert parent.poll() is None
