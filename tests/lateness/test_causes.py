"""What has a cause, what has none, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.lateness import cause_of, late_of
from jobs.models import Job
from tests.conftest import NOW, seconds
from tests.lateness import late_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published", "waited")]
SOON = NOW + seconds(3600)


def test_what_is_on_time_has_no_cause(make_job: Any, admin_client: Client) -> None:
    job = late_jobs.run(late_jobs.listed(make_job(1)), NOW + seconds(1))
    waiting = make_job(1)
    assert late_of([job, waiting], NOW) == {}
    shown = admin_client.get(f"/api/v1/jobs/{job.pk}/").json()
    assert (shown["late_cause"], shown["late_why"]) == (None, "")


def test_a_page_of_late_jobs_costs_a_few_statements(make_job: Any, django_assert_num_queries: Any) -> None:
    late_jobs.worker(slots=1)
    for n in range(50):
        late_jobs.run(late_jobs.listed(make_job(1 + n / 100), version=2), NOW + seconds(10))
    jobs = list(Job.objects.all())
    # The objectives, the starts, the audit, the stops, the workers, the leader, the outages, and how many slots were
    # taken.
    with django_assert_num_queries(8):
        assert len(late_of(jobs, SOON)) == 50
    with django_assert_num_queries(0):
        assert late_of([make for make in jobs if make.pk < 0], SOON) == {}


def test_the_longest_of_several_causes_is_told(make_job: Any) -> None:
    """A pause of four seconds, and then a worker that comes a minute later."""
    late_jobs.worker(slots=5, queues=("mail",))
    paused = late_jobs.by_pause(make_job).job
    Job.objects.filter(pk=paused.pk).update(locked_at=NOW + seconds(65), execute_at=NOW + seconds(65))
    assert cause_of(Job.objects.get(pk=paused.pk), SOON) == "acquired_late"


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({}, "published_late"),
        ({"enqueued_at": NOW, "deliveries": 1}, "no_worker"),
        ({"holds": 1}, "approval"),
        ({"holds": 8, "waited_for": "The key 'pay' was paused."}, "pause"),
        ({"holds": 8, "waited_for": "Job 7 of the key 'pay' ran at its time."}, "key"),
        ({"holds": 4}, "person"),
    ],
)
def test_what_waits_beyond_its_time_has_a_cause_too(make_job: Any, fields: dict[str, Any], cause: str) -> None:
    job = make_job(1)
    Job.objects.filter(pk=job.pk).update(**{"enqueued_at": None, "deliveries": 0, **fields})
    assert cause_of(Job.objects.get(pk=job.pk), NOW + seconds(30)) == cause
    assert cause_of(Job.objects.get(pk=job.pk), NOW) is None, "its time has not come"
