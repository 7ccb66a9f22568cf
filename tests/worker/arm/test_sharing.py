"""Jobs that share a limit, on a worker with slots of its own."""

import time
from datetime import timedelta

import pytest

from jobs.clock import clock
from jobs.models import Job, Limit
from jobs.worker.arm import acquisition
from tests.concurrency.steps import locked
from tests.worker.arm.steps import PATIENCE, ended, wait_for

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


def crowd(number, **fields):
    """Of one limit, and of a queue that a worker of these tests serves."""
    due = clock.now() + timedelta(seconds=0.3)
    jobs = [Job.objects.create(target="demo.noop", payload={}, run_at=due, **fields) for _ in range(number)]
    for job in jobs:
        job.refresh_from_db()
    return jobs


@pytest.mark.parametrize("fields", [{"key": "pay", "key_limit": 100}, {"queue": "default"}])
def test_a_limit_that_somebody_has_locked_costs_one_try_after_the_other_and_no_slots(worker, monkeypatch, fields):
    """However many of its jobs wait on this worker: thirty, beside plain ones."""
    Limit.objects.create(name="default", concurrency=100)
    tries = []
    claim = acquisition.acquire

    def counted(asked, by, *, sharing=False):
        tries.extend(asked if sharing else ())
        return claim(asked, by, sharing=sharing)

    monkeypatch.setattr(acquisition, "acquire", counted)
    name = "key:pay" if "key" in fields else "queue:default"
    if "key" in fields:
        Limit.objects.all().delete()
    monkeypatch.setattr("jobs.publishing.late_publisher._publish", lambda late: None)
    go, future = locked(name, PATIENCE)
    one = worker(slots=40)
    waiting = crowd(30, **fields)
    one.deliver(*waiting)
    wait_for(lambda: len(tries) > 30)
    begun, most = len(tries), 0
    for plain in crowd(20, queue="other"):
        one.deliver(plain)
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            most = max(most, one.slots.taken)
            time.sleep(0.001)
    assert Job.objects.filter(pk__in=[job.pk for job in waiting]).pending().count() == 30
    costs = len(tries) - begun
    assert one.set_aside == {job.pk for job in waiting}, "the broker may send others in their place"
    go.set()
    future.result(PATIENCE)
    wait_for(lambda: Job.objects.pending().count() == 0)
    assert not one.passed_on
    assert costs < 100, "each job by itself, every 75 ms, makes some hundreds"
    assert most < 10, "a slot is not reserved for what only waits"
