"""While everything is stopped no process starts a job; afterwards each of them starts once, as fast as was asked for."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.transitions import stops
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

STEP = timedelta(seconds=1) / 10  # between two that are let go
SHORT = {"JOBS_MIN_PREPARE_TIME": "2", "JOBS_LOOK_AHEAD": "1"}


def test_no_job_starts_in_a_stop_and_each_starts_after_it(cluster, settings):
    settings.JOBS_MIN_PREPARE_TIME, settings.JOBS_LOOK_AHEAD = 2, 1
    cluster.beat(**SHORT)
    cluster.worker("w1", slots=20, **SHORT)
    first = create(0.5, "demo.noop")
    wait_for(lambda: all_final(first), "a first job to start")
    now = clock.now()
    armed = [create(3, "demo.noop") for _ in range(5)]
    kept = [create(4 + n / 10, "demo.noop") for n in range(20)]
    after = create(13, "demo.noop")
    plan = stops.Plan(now + timedelta(seconds=2.9), now + timedelta(seconds=8), "the disks move", per_minute=600)
    stop = stops.stop_everything(plan, now=now)
    wait_for(lambda: all_final(first, *armed, *kept, after), "all of them to end")
    starts = Attempt.objects.filter(job__in=[*armed, *kept], started_at__isnull=False)
    assert sorted(starts.values_list("job_id", flat=True)) == [*armed, *kept], EXACTLY_ONCE
    jobs = Job.objects.in_bulk([*armed, *kept])
    assert min(job.execute_at for job in jobs.values()) >= stop.until
    moments = sorted(job.not_before for job in jobs.values())
    assert all(later - earlier >= STEP for earlier, later in pairwise(moments))
    last = Job.objects.get(pk=after)
    assert last.not_before is None, "its time lies after the stop: it waits for nobody"
    assert last.execute_at >= last.run_at
