"""A worker that is stopped inside a transaction holds its job's row; the server ends that soon."""

from __future__ import annotations

import signal

import pytest

from jobs.failpoints import IN_TRANSACTIONS
from jobs.models import Attempt, Job, Worker, WorkerLog
from jobs.states import State
from launcher.process import send
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]


IN_ACQUIRE, IN_FINISH, _ = IN_TRANSACTIONS


@pytest.fixture
def stopped_at(cluster, tmp_path):
    """Start a worker that takes a job and stops itself at a failpoint. Returns the job and what wakes the worker."""

    def stop(point):
        folder = tmp_path / "failpoints"
        folder.mkdir()
        (folder / point).write_text("stop")
        cluster.beat()
        worker = cluster.worker("stopped", JOBS_FAILPOINTS=str(folder))
        job = create(1, "demo.log", {"message": "the body has run"})
        wait_for((folder / "hits").exists, "the worker to stop")
        return job, lambda: send(worker, signal.SIGCONT)

    return stop


def test_another_worker_starts_what_a_stopped_one_had_not_committed_and_it_starts_nothing_when_it_wakes(
    cluster, stopped_at
):
    job, wake = stopped_at(IN_ACQUIRE)
    cluster.worker("other")
    wait_for(lambda: all_final(job), "the other worker to run the job")
    wake()
    refused = WorkerLog.objects.filter(action="ACQUIRE_FAILURE", job_id=job, client__startswith="stopped@")
    wait_for(refused.exists, "the stopped worker to find that it has nothing to start")
    assert Job.objects.get(pk=job).state == State.COMPLETED
    assert Attempt.objects.get().worker.startswith("other@")
    assert "the database failed while" in cluster.log("stopped")
    assert ("the body has run" in cluster.log("other"), "the body has run" in cluster.log("stopped")) == (True, False)


def test_a_job_is_settled_although_its_worker_was_stopped_while_it_recorded_the_end(cluster, stopped_at):
    job, wake = stopped_at(IN_FINISH)
    wait_for(lambda: all_final(job), "the job to be settled")
    assert Job.objects.get(pk=job).state == State.INTERRUPTED
    wake()
    wait_for(lambda: "Ended as completed" in Attempt.objects.get().error, "the worker to leave its evidence")
    assert Job.objects.get(pk=job).state == State.INTERRUPTED
    wait_for(Worker.objects.present().exists, "the worker to go on as a new session")
