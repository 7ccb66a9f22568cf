"""A host whose clock is wrong: the database's clock decides all the same."""

from __future__ import annotations

import pytest

from jobs.models import Attempt, Job, Worker
from jobs.states import State
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create, insert
from verification.drill import wrongclock

pytestmark = [pytest.mark.processes]


@pytest.mark.parametrize("wrong_by", [60, -60])
def test_a_worker_a_minute_off_starts_jobs_by_the_clock_of_the_database(cluster, tmp_path, wrong_by):
    wrongclock.put(tmp_path / "clock", wrong_by)
    cluster.beat()
    cluster.worker("w1", **wrongclock.environment(tmp_path / "clock"))
    jobs = [create(2), create(3), insert(after="6 seconds")]
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    for job in Job.objects.filter(pk__in=jobs):
        assert job.state == State.COMPLETED
        assert job.run_at <= job.execute_at <= job.finished_at
        assert job.delay_ms < 30_000
        assert job.deliveries == 1
        assert job.execute_at <= Attempt.objects.get(job=job).finished_at
    assert Worker.objects.get().offset_ms == pytest.approx(-1000 * wrong_by, abs=1000)
    assert "this machine's clock is off by" in cluster.log("w1")
