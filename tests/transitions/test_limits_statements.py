"""How many statements jobs that share limits cost: as many for two hundred as for two."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import transitions
from jobs.models import Job, Limit
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended
from tests.conftest import NOW, seconds
from tests.transitions.steps import WORKER

pytestmark = pytest.mark.django_db
# BEGIN, the rows, the limits' locks, rules and places, the starts, the ledger, the places, COMMIT.
START = 8
# BEGIN, the one statement of all ends, COMMIT; the rules and places of the limits that have room now.
END = 5


def cost(number, **fields):
    """Statements to start and to end so many jobs together."""
    jobs = Job.objects.bulk_create(
        Job(target="demo.noop", payload={}, run_at=NOW, **{name: make(n) for name, make in fields.items()})
        for n in range(number)
    )
    wanted = [AcquireRequest(job.pk, 1, uuid.uuid4()) for job in jobs]
    with CaptureQueriesContext(connection) as starting:
        by = {"worker": WORKER, "now": NOW, "due_before": NOW + seconds(1), "sharing": True}
        started = transitions.acquire(wanted, **by).started
    assert len(started) == number
    with CaptureQueriesContext(connection) as ending:
        assert transitions.finish([Ended(one, State.COMPLETED, NOW, NOW) for one in started]) == []
    return len(starting), len(ending)


def test_keyed_jobs_of_a_queue_without_rules(published):
    """Each with a key of its own."""
    few, many = (cost(number, key=lambda n, number=number: f"k{number}-{n}") for number in (2, 200))
    assert few == many
    assert many[0] <= START
    assert many[1] <= END


def test_jobs_of_a_limited_queue_with_keys(published):
    Limit.objects.create(name="mail", concurrency=1000)
    few, many = (
        cost(number, queue=lambda n: "mail", key=lambda n, number=number: f"k{number}-{n}") for number in (2, 200)
    )
    assert few == many
    assert many[0] <= START
    assert many[1] <= END


def test_a_plain_job_asks_nothing_of_limits(published):
    start, end = cost(200)
    assert (start, end) == (4, 3)
