"""Jobs that wait for others, on a real worker: the end of the last one starts them, without a beat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.models import Job
from jobs.states import State
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

SOON = 0.8  # seconds: inside the listed window whenever it is asked for, since nobody lists here


def test_each_starts_at_the_end_of_the_one_before(cluster):
    cluster.worker("w1")
    first = create(SOON, payload={"seconds": 0.05})
    second = create(0.1, payload={"seconds": 0.05}, waits_for=[first])
    third = create(0.1, "demo.fail", waits_for=[first, second])
    last = create(0.1, "demo.noop", waits_for=[second, third], waits_for_end="any")
    vain = create(0.1, "demo.noop", waits_for=[third])
    wait_for(lambda: all_final(first, second, third, last, vain), "all jobs to end")
    done = Job.objects.in_bulk()
    assert [done[pk].state for pk in (first, second, third, last, vain)] == [
        State.COMPLETED,
        State.COMPLETED,
        State.FAILED,
        State.COMPLETED,
        State.SKIPPED,
    ]
    for before, after in ((first, second), (second, third), (third, last)):
        gap = done[after].execute_at - done[before].finished_at
        print(f"started {gap.total_seconds() * 1000:.1f} ms after the end")  # noqa: T201 - shown with -s
        assert timedelta(0) <= gap < timedelta(seconds=5), "by the end itself, not by a list query or a sweep"
