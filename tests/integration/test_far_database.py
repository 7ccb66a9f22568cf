"""A database that is far away, and a worker whose clock is off by less than the way: never early all the same."""

from __future__ import annotations

import pytest
from django.db import connection

from jobs.models import Attempt, Job
from jobs.states import State
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import insert
from verification.drill import wrongclock
from verification.drill.services.tcp_proxy import Delays, Mode, TcpProxy

pytestmark = [pytest.mark.processes]

WAY = 0.005, 0.035  # seconds, either way: so the two ways differ, too
LONGEST_MS = 1000 * 2 * WAY[1]


@pytest.mark.parametrize("wrong_by", [0.015, -0.015])
def test_no_body_is_entered_early_far_from_the_database(cluster, tmp_path, wrong_by):
    server = connection.settings_dict
    proxy = TcpProxy(server["HOST"] or "127.0.0.1", int(server["PORT"] or 5432))
    proxy.turn(Mode.SLOW, Delays(way=WAY, answer=WAY))
    wrongclock.put(tmp_path / "clock", wrong_by)
    login = cluster.environment["DATABASE_URL"].rpartition("@")[0]
    cluster.beat()
    cluster.worker(
        "w1",
        targets="tests.integration.far",
        JOBS_ARM_LEAD="1",
        **wrongclock.environment(tmp_path / "clock")
        | {"DATABASE_URL": f"{login}@127.0.0.1:{proxy.port}/{server['NAME']}"},
    )
    jobs = [insert("far.clock", "{}", f"{6000 + 50 * i} milliseconds") for i in range(20)]
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    for job in Job.objects.filter(pk__in=jobs):
        assert job.state == State.COMPLETED
        assert job.run_at <= job.execute_at <= job.finished_at
        entered_ms = float(Attempt.objects.get(job=job).result)
        assert entered_ms >= 0, "early"
        # The worker's word is true give or take half of a round trip, and what the machine takes to enter the body.
        assert job.delay_ms <= entered_ms + LONGEST_MS / 2
    proxy.turn(Mode.SHUT)
