"""Rows of the benchmark of schedules are those that create_schedule would leave."""

from datetime import timedelta

import pytest

from jobs.clock import clock
from jobs.models import Job, Occurrence, Schedule
from jobs.transitions.schedules.definitions import create_schedule
from verification.benchmark.schedules import rows
from verification.benchmark.schedules.options import Asked

ASKED = Asked(total=7, periodic=0, rate=2.0, duration=3.0, instances=1, slots=1, json=None)
# What differs from row to row.
OWN = {"id", "name", "next_job_id", "accounted_until", "created_at", "schedule_id", "key"}


def shared(row):
    return {name: value for name, value in vars(row).items() if name not in OWN and not name.startswith("_")}


@pytest.mark.django_db
def test_schedules_made_in_bulk_are_as_create_schedule_leaves_them():
    now = clock.now()
    since = (now + timedelta(minutes=5)).replace(microsecond=0)
    seen = []
    rows.create(ASKED, "run", "q", range(7), since=since, on_progress=seen.append)
    assert seen == [7]
    made = list(Schedule.objects.order_by("id"))
    seconds = [0, 0, 1, 1, 2, 2, 3]  # two a second
    assert [one.next_at - since for one in made] == [timedelta(seconds=second) for second in seconds]
    fields = {name: getattr(made[0], name) for name in ("target", "queue", "dialect", "expression", "starts_at")}
    fields |= {"catch_up": "all", "catch_up_limit": 1000, "name": "by hand"}
    by_hand = create_schedule(fields, by=None, now=now)
    assert shared(by_hand) == shared(made[0])
    jobs = [Job.objects.get(pk=one.next_job_id) for one in (by_hand, made[0])]
    assert shared(jobs[0]) == shared(jobs[1])
    assert [job.key for job in jobs] == [f"schedule:{by_hand.pk}", f"schedule:{made[0].pk}"]
    assert Occurrence.objects.filter(schedule__in=made).count() == 7


@pytest.mark.django_db
def test_plain_jobs_are_due_with_the_schedules_and_all_is_removed():
    since = (clock.now() + timedelta(minutes=5)).replace(microsecond=0)
    rows.create(ASKED, "run", "q", range(7), since=since, on_progress=lambda done: None)
    plain = rows.create_plain(ASKED, "run", "q", since)
    due = [(job.run_at - since).total_seconds() for job in Job.objects.filter(pk__in=plain).order_by("id")]
    assert due == [0, 0, 1, 1, 2, 2]
    runs = rows.runs_of("q", since, since + timedelta(seconds=3))
    assert len(runs) == 6
    assert not set(runs) & set(plain)
    rows.remove("q")
    assert not Job.objects.exists()
    assert not Schedule.objects.exists()
    assert not Occurrence.objects.exists()
