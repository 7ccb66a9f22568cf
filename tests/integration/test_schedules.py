"""Schedules on real parts: workers and beats that are killed between one run and the next."""

from __future__ import annotations

import itertools
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest

from jobs.clock import clock
from jobs.models import Attempt, Job, Occurrence, Schedule
from jobs.states import FINAL, State
from jobs.transitions.schedules import definitions
from tests.integration.conftest import EXACTLY_ONCE, wait_for

pytestmark = [pytest.mark.processes]

SECOND = timedelta(seconds=1)


def every_second(name="tick", **fields):
    fields = {"dialect": "cron6", "expression": "* * * * * *", "catch_up": "all", "overlap": "allow", **fields}
    asked = {"name": name, "target": "demo.noop", "catch_up_limit": 1000, **fields}
    return definitions.create_schedule(asked, by=None, now=clock.current())


def ended(schedule):
    return Job.objects.filter(schedule=schedule, state__in=FINAL).count()


def stop(schedule):
    """Let it make no more, and what it has made end."""
    definitions.change_schedule(schedule.pk, {"enabled": False}, by=None, now=clock.current())
    wait_for(lambda: not Job.objects.filter(schedule=schedule).exclude(state__in=FINAL).exists(), "its runs to end")


def whole(schedule):
    """Fail unless each nominal time from the first to the last has one job that has started once."""
    jobs = list(Job.objects.filter(schedule=schedule).order_by("nominal_at"))
    times = [job.nominal_at for job in jobs]
    assert [b - a for a, b in itertools.pairwise(times)] == [SECOND] * (len(times) - 1), "a time is missing"
    assert not Occurrence.objects.missed().exists()
    starts = Counter(Attempt.objects.values_list("job_id", flat=True))
    assert starts == dict.fromkeys((job.pk for job in jobs), 1), EXACTLY_ONCE
    return jobs


def test_every_second_starts_on_time(cluster):
    cluster.beat()
    cluster.worker("w1")
    schedule = every_second()
    wait_for(lambda: ended(schedule) >= 8, "eight runs")
    stop(schedule)
    jobs = whole(schedule)
    assert {job.state for job in jobs} == {State.COMPLETED}
    assert all(job.run_at == job.nominal_at <= job.execute_at for job in jobs)


@pytest.mark.parametrize("where", ["in-acquire", "after-acquire", "before-finish"])
def test_a_worker_that_dies_between_one_run_and_the_next(cluster, tmp_path, where):
    points = tmp_path / "points"
    points.mkdir()
    cluster.beat()
    cluster.worker("victim", slots=1, JOBS_FAILPOINTS=str(points))
    schedule = every_second()
    wait_for(lambda: ended(schedule) >= 2, "two runs")
    (points / where).write_text("kill")
    wait_for(lambda: cluster.processes["victim"].poll() is not None, "its death")
    before = ended(schedule)
    cluster.worker("survivor")
    wait_for(lambda: ended(schedule) >= before + 5, "the runs after it")
    stop(schedule)
    states = Counter(job.state for job in whole(schedule))
    assert states[State.INTERRUPTED] <= 1
    assert set(states) <= {State.COMPLETED, State.INTERRUPTED}


@pytest.mark.parametrize("where", ["anywhere", "in-sweep"])
def test_the_leading_beat_dies_and_runs_that_are_held_still_have_their_successors(cluster, tmp_path, where):
    points = tmp_path / "points"
    points.mkdir()
    cluster.beat("first", JOBS_FAILPOINTS=str(points))
    wait_for(lambda: "leads now" in cluster.log("first"), "the first beat to lead")
    cluster.beat("second")
    schedule = every_second()  # no worker: each run waits, and the leader makes the next
    wait_for(lambda: Job.objects.filter(schedule=schedule).count() >= 5, "five runs")
    if where == "anywhere":
        cluster.stop("first", signal.SIGKILL)
    else:  # it has made a run, and not committed
        (points / where).write_text("kill")
        wait_for(lambda: cluster.processes["first"].poll() is not None, "its death")
    wait_for(lambda: "leads now" in cluster.log("second"), "the second beat to lead")
    made = Job.objects.filter(schedule=schedule).count()
    wait_for(lambda: Job.objects.filter(schedule=schedule).count() >= made + 3, "three more")
    cluster.worker("w1")
    wait_for(lambda: ended(schedule) >= made, "their ends")
    stop(schedule)
    whole(schedule)


def test_a_week_without_anybody_starts_the_latest_run_once(cluster):
    now = clock.current()
    schedule = every_second(expression="0 * * * * *", catch_up="latest", overlap="skip")
    week = timedelta(days=7)
    job = Job.objects.get(pk=schedule.next_job_id)
    past = schedule.next_at - week
    Job.objects.filter(pk=job.pk).update(run_at=past, nominal_at=past)
    Occurrence.objects.filter(job_id=job.pk).update(nominal_at=past)
    Schedule.objects.filter(pk=schedule.pk).update(next_at=past, accounted_until=past)
    cluster.beat()
    cluster.worker("w1")
    wait_for(lambda: ended(schedule) >= 2, "the latest run")
    time.sleep(2)
    started = Job.objects.filter(schedule=schedule, state=State.COMPLETED)
    assert 1 <= started.count() <= 3  # the latest, and those of the minutes since
    assert started.order_by("nominal_at").first().nominal_at > now - timedelta(seconds=61)
    minutes = sum(Occurrence.objects.filter(schedule=schedule, cause__isnull=False).values_list("count", flat=True))
    assert 7 * 24 * 60 - 1 <= minutes <= 7 * 24 * 60


def test_a_run_that_comes_after_others_starts_when_they_have_ended(cluster):
    cluster.beat()
    cluster.worker("w1")
    soon = (clock.current() + timedelta(seconds=6)).replace(microsecond=0)
    zone = "UTC" if soon.hour < 23 else "Asia/Tokyo"  # where it is the same day a minute later

    def once(name, moment, **fields):
        expression = f"{moment:%S %M %H %d %m} *"
        return every_second(name, expression=expression, ends_at=moment, **{"time_zone": "UTC", **fields})

    first = once("first", soon, target="demo.sleep", payload={"seconds": 4})
    never = every_second("never", expression="0 0 0 1 1 *", enabled=False, starts_at=soon + timedelta(days=400))
    schedules = [
        every_second(name, expression="* * * * * *", most_runs=1, time_zone=zone, after_ids=[one.pk], overlap="allow")
        for name, one in (("second", first), ("third", never))
    ]
    wait_for(lambda: all(ended(one) for one in (first, *schedules)), "the three of them")
    of_first, of_second, of_third = (Job.objects.get(schedule=one) for one in (first, *schedules))
    assert of_second.execute_at >= of_first.finished_at
    assert of_second.waited_for.startswith("It waited for the run of 'first' of ")
    assert (of_third.state, of_third.waited_for) == (State.COMPLETED, ""), "nothing to wait for"
    assert of_third.execute_at < of_first.finished_at
