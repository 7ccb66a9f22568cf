"""Due bundles whose jobs all wait for a limit: what else is due on that worker starts meanwhile."""

from __future__ import annotations

import time

import pytest
from django.db import connection, connections

from jobs.clock import clock
from jobs.models import Job, Kind, Limit
from jobs.models.querysets import Listed
from jobs.publishing.bundles import MOST
from jobs.publishing.messages import send_bundle, send_each
from jobs.states import State
from jobs.transitions.limits.names import LOCKS
from tests.brokers import purge
from tests.integration.conftest import all_final, wait_for

PUT_OFF, PLAIN = 600, 200
MEANWHILE = 30.0  # seconds, on a machine that others share, for which the limit stays locked at most
INSERT = """
INSERT INTO jobs_job (target, payload, queue, run_at)
SELECT 'demo.noop', '{}', %s, now() FROM generate_series(1, %s)
"""


def due(queue, jobs):
    """Jobs that are due now, as a leader sends them; their ids."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [queue, jobs])
    listed = [Listed.first(job) for job in Job.objects.filter(queue=queue).order_by("id")]
    Job.objects.mark([job.id for job in listed], now=clock.now())
    send_each([listed[start : start + MOST] for start in range(0, jobs, MOST)], send_bundle)
    return [job.id for job in listed]


class PutOff:
    """The same on both brokers."""

    def test_they_keep_no_bundles_of_other_queues_from_coming(self, cluster):
        Limit.objects.create(kind=Kind.QUEUE, name="mail", concurrency=100)
        other = connections.create_connection("default")
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS, "queue:mail"])
        try:
            cluster.worker("w1", slots=5, queues="default,mail")
            mail = due("mail", PUT_OFF)
            wait_for(lambda: cluster.log("w1").count("] received") >= 4, "what a worker holds of them")
            plain = due("default", PLAIN)
            until = time.monotonic() + MEANWHILE
            wait_for(lambda: all_final(*plain) or time.monotonic() > until, "the others")
            left = Job.objects.filter(pk__in=plain, state=State.PENDING).count()
            assert not left, f"{left} waited for a limit that is none of theirs"
            assert not Job.objects.filter(pk__in=mail).exclude(state=State.PENDING).exists()
        finally:
            other.rollback()
            other.close()
        wait_for(lambda: all_final(*mail), "what was locked")


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
class TestOnValkey(PutOff):
    pass


@pytest.mark.processes
@pytest.mark.rabbitmq
@pytest.mark.django_db(transaction=True)
class TestOnRabbitMQ(PutOff):
    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        purge(rabbitmq_url, "mail")
        yield rabbitmq_url
        purge(rabbitmq_url, "mail")
