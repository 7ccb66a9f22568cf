"""Workers of an older release beside newer ones, and messages in another queue than their rows'."""

from datetime import timedelta

import pytest

from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def insert(n: int, after: float, **fields: object) -> list[int]:
    run_at = clock.now() + timedelta(seconds=after)
    return [Job.objects.create(run_at=run_at, payload={}, **fields).pk for _ in range(n)]


def test_a_job_is_started_by_a_worker_that_knows_its_target(cluster):
    patient = {"JOBS_MAX_DELAY_TIME": "300"}
    cluster.beat()
    cluster.worker("old", slots=5, **patient)
    ids = insert(10, 2, target="newer.noop")
    wait_for(
        lambda: Job.objects.filter(waited_for__contains="There is no target").count() == 10, "the old one to refuse"
    )
    cluster.worker("new", slots=5, targets="tests.integration.newer", **patient)
    wait_for(lambda: all_final(*ids), "the new one")
    assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}
    workers = set(Attempt.objects.values_list("worker", flat=True))
    assert Attempt.objects.count() == 10, EXACTLY_ONCE
    assert all(name.startswith("new@") for name in workers)
    both = insert(10, 4, target="newer.noop")  # both are there: who does not know it may get it first, and again
    wait_for(lambda: all_final(*both), "those with both")
    assert {job.state for job in Job.objects.filter(pk__in=both)} == {State.COMPLETED}
    assert Attempt.objects.filter(job__in=both).count() == 10, EXACTLY_ONCE


def test_a_row_that_sql_has_moved_is_started_by_a_worker_of_its_new_queue(cluster):
    cluster.beat()
    cluster.launch("a", queues="default")
    cluster.launch("b", queues="gpu")
    cluster.ready("a", "b")
    ids = insert(5, 7, target="demo.noop")
    wait_for(lambda: Job.objects.filter(enqueued_at__isnull=False).count() == 5, "the messages")
    Job.objects.update(queue="gpu")
    wait_for(lambda: all_final(*ids), "the jobs")
    assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}
    assert all(name.startswith("b@") for name in Attempt.objects.values_list("worker", flat=True))
