"""Jobs that share a limit, on a worker with slots of its own."""

from datetime import timedelta

import pytest

from jobs.clock import clock
from jobs.models import Job
from tests.worker.arming.steps import ended, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def keyed(key):
    job = Job.objects.create(target="demo.noop", payload={}, run_at=clock.now() + timedelta(seconds=0.5), key=key)
    job.refresh_from_db()
    return job


def test_each_gives_its_slot_back_once(worker):
    one = worker(slots=5)
    jobs = [keyed(f"k{n}") for n in range(4)]
    one.deliver(*jobs)
    wait_for(lambda: ended(*jobs))
    wait_for(lambda: sorted(one.acknowledged) == sorted(job.pk for job in jobs))
    one.stop()
    assert one.slots.taken == 0
