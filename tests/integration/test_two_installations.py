"""Two installations on one broker, with the same queues: each one's jobs run on its own workers, on time."""

from __future__ import annotations

import os
from statistics import median

import psycopg
import pytest
from django.db import connection

from jobs.models import Attempt, Job
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, database_url, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

OTHER = f"another_installation_{os.getpid()}"  # two test processes share the server
JOBS = 20
SOON = 0.8  # seconds: inside the listed window whenever it is asked for, since no beat is there to list another
LATE = 3.0  # seconds: it was 125 and more, some never started


@pytest.fixture
def other_url(cluster, templates):
    """A second installation, with a database of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE {OTHER} TEMPLATE "{templates[0]}"')
    yield f"{database_url().rpartition('/')[0]}/{OTHER}"
    cluster.close()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {OTHER} WITH (FORCE)")


def told_of_foreign(url):
    with psycopg.connect(url) as other:
        return other.execute("SELECT foreign_from FROM jobs_worker WHERE foreign_at IS NOT NULL").fetchone()


def each_gets_its_own(cluster, other_url):
    cluster.launch("w1")
    cluster.launch("w2", DATABASE_URL=other_url)
    cluster.ready("w1")
    wait_for(lambda: "ready" in cluster.log("w2"), "the other worker")
    jobs = [create(SOON, "demo.noop") for _ in range(JOBS)]
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    assert Attempt.objects.count() == JOBS, EXACTLY_ONCE
    assert {job.state for job in Job.objects.all()} == {State.COMPLETED}
    delays = [(job.execute_at - job.run_at).total_seconds() for job in Job.objects.all()]
    assert max(delays) < LATE, delays
    assert median(delays) < LATE / 2
    whose = wait_for(lambda: told_of_foreign(other_url), "the other worker's row to say so")
    assert "queue 'default'" in whose[0]
    said = cluster.log("w2").count("two installations use one broker")
    assert 1 <= said <= 2, "it is logged, and no flood"


def test_on_valkey(cluster, other_url):
    each_gets_its_own(cluster, other_url)


@pytest.mark.rabbitmq
class TestRabbitMQ:
    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        return rabbitmq_url

    def test_on_rabbitmq(self, cluster, other_url):
        each_gets_its_own(cluster, other_url)
