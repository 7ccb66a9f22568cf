"""A host whose clock is wrong: the database's clock decides all the same."""

from __future__ import annotations

import pytest

from jobs.models import Attempt, Job, Worker
from jobs.states import State
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create
from verification.drill import wrongclock

pytestmark = [pytest.mark.processes]


def test_workers_a_minute_off_start_jobs_by_the_clock_of_the_database(cluster, tmp_path):
    wrong = {"fast": 60, "slow": -60}  # each takes from the queue of its own name
    cluster.beat()
    for name, by in wrong.items():
        wrongclock.put(tmp_path / f"clock-{name}", by)
        cluster.launch(name, queues=name, **wrongclock.environment(tmp_path / f"clock-{name}"))
    cluster.ready(*wrong)
    jobs = [create(after, queue=name) for name in wrong for after in (2, 3, 6)]
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    for job in Job.objects.filter(pk__in=jobs):
        assert job.state == State.COMPLETED
        assert job.run_at <= job.execute_at <= job.finished_at
        assert job.delay_ms < 30_000
        assert job.deliveries == 1
        assert job.execute_at <= Attempt.objects.get(job=job).finished_at
    for name, by in wrong.items():
        assert Worker.objects.get(name__startswith=f"{name}@").offset_ms == pytest.approx(-1000 * by, abs=1000)
        assert "this machine's clock is off by" in cluster.log(name)
