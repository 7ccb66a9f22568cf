"""A job is late by its own objective: that of its schedule, else of its target, else of its queue, else a second."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.lateness import late_of
from jobs.models import Job, Objective
from jobs.objectives.limits import start_limits
from tests.admin.schedule_rows import schedule
from tests.conftest import NOW, seconds
from tests.monitor.rows import ended

pytestmark = pytest.mark.django_db


def objective(kind: str, name: str, within_ms: int) -> None:
    Objective.objects.create(kind=kind, name=name, share=99, within_ms=within_ms)


def late(job: Job) -> bool:
    return job.pk in late_of([Job.objects.get(pk=job.pk)], NOW)


def is_found(job: Job) -> bool:
    found = Job.objects.maybe_late(start_limits().as_expression, NOW - timedelta(days=1), NOW)
    return found.filter(pk=job.pk).exists()


@pytest.mark.parametrize(
    ("limits", "delay", "is_late"),
    [
        ([], 0.9, False),
        ([], 1.1, True),
        ([("queue", "mail", 100)], 0.2, True),
        ([("queue", "mail", 10_000)], 5, False),
        ([("queue", "pay", 10_000)], 5, True),
        ([("queue", "mail", 100), ("target", "demo.noop", 10_000)], 5, False),
        ([("target", "demo.noop", 10_000), ("schedule", "nightly", 60_000)], 50, False),
        ([("schedule", "nightly", 20)], 0.03, True),
        ([("schedule", "no such", 20)], 0.03, False),
    ],
)
def test_by_which_time_it_is_late(limits: list[Any], delay: float, is_late: bool) -> None:
    nightly = schedule("nightly", now=NOW)
    for one in limits:
        objective(*one)
    job = ended(NOW - seconds(60), delay=seconds(delay), queue="mail", schedule=nightly, nominal_at=NOW - seconds(60))
    assert late(job) == is_late
    assert is_found(job) == is_late, "the statement says the same"


def test_one_that_waits_is_late_by_it_too(make_job: Any) -> None:
    job = make_job(1, queue="mail")
    Job.objects.filter(pk=job.pk).update(run_at=NOW - seconds(5))
    assert late(job)
    objective("queue", "mail", 10_000)
    assert not late(job)
    assert not is_found(job)


def test_a_job_in_time_costs_no_statement_and_one_within_its_objective_one(django_assert_num_queries: Any) -> None:
    in_time, nearly = ended(NOW, delay=timedelta(milliseconds=5)), ended(NOW, delay=seconds(0.5))
    with django_assert_num_queries(0):
        assert late_of([in_time], NOW) == {}
    with django_assert_num_queries(1):  # the objectives
        assert late_of([in_time, nearly], NOW) == {}


def test_the_page_says_that_objectives_count(admin_client: Client) -> None:
    shown = admin_client.get("/late/").content.decode()
    assert 'href="/objectives/"' in shown
