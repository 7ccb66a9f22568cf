"""An edit of a calendar meets jobs that are published already: on real parts, none starts in closed time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Attempt, Calendar, CalendarRange, Job
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for

pytestmark = [pytest.mark.processes]


def create(run_at, now, **more):
    new = rules.check_new_job(target="demo.noop", payload={}, run_at=run_at, now=now, **more)
    return transitions.create(new, now=now)[0].pk


def test_a_calendar_closed_behind_published_jobs(cluster):
    cluster.beat()
    cluster.worker("w1")
    office = Calendar.objects.create(name="office", open_days=0b1111111)
    now = clock.now()
    due, opens = now + timedelta(seconds=2), (now + timedelta(seconds=6)).replace(microsecond=0)
    later, skipped = (create(due, now, calendar="office", blackout=policy) for policy in ("next", "skip"))
    plain = create(due, now)
    CalendarRange.objects.create(
        calendar=office,
        first_day=due.date() - timedelta(days=1),
        last_day=opens.date(),
        last_time=opens.time(),
        label="closed in a hurry",
    )
    wait_for(lambda: all_final(later, skipped, plain), "all jobs to end")
    moved = Job.objects.get(pk=later)
    assert (moved.state, moved.run_at, moved.asked_run_at) == (State.COMPLETED, opens, due)
    assert moved.execute_at >= opens
    assert Attempt.objects.filter(job=moved).count() == 1, EXACTLY_ONCE
    assert Job.objects.get(pk=skipped).state == State.SKIPPED
    assert "closed in a hurry" in Job.objects.get(pk=skipped).reason
    assert Job.objects.get(pk=plain).run_at == due
