"""A worker that is told to stop: what is due at once it starts itself, all else is elsewhere before its time."""

from __future__ import annotations

import signal
import time
from datetime import timedelta

import pytest
from django.db.models import F

from jobs.clock import clock
from jobs.models import Attempt, Job
from launcher.process import send
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

AHEAD = 5.0  # seconds, for which all jobs lie on the worker that stops
EVERY = 0.1  # seconds from one job to the next
JOBS = 40
STEADY = 0.5  # seconds by which a busy machine may be late; less than what a hand-over may take on it


def stop_among_jobs(cluster, settings):
    """Stop a worker that holds all messages, in the middle of them."""
    settings.JOBS_LOOK_AHEAD = 40.0  # all go out at once
    cluster.environment["JOBS_LOOK_AHEAD"] = "40"
    cluster.beat()
    cluster.launch("leaving", slots=10)
    cluster.launch("staying", slots=10, queues="other")
    cluster.ready("leaving", "staying")
    first = clock.now() + timedelta(seconds=AHEAD)
    jobs = [create(AHEAD + n * EVERY, "demo.noop") for n in range(JOBS)]
    wait_for(lambda: cluster.log("leaving").count("received") == JOBS, "all messages to be held")
    cluster.add_consumer("staying")
    leaving = cluster.processes.pop("leaving")
    while clock.now() < first + timedelta(seconds=0.5):
        time.sleep(0.01)
    stopped_at = clock.now()
    send(leaving, signal.SIGTERM)
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    assert leaving.wait(60) == 0

    starts = Attempt.objects.select_related("job")
    assert starts.count() == JOBS, EXACTLY_ONCE
    assert not Job.objects.filter(execute_at__lt=F("run_at")).exists()
    by_worker = {"leaving": [], "staying": []}
    for start in starts:
        by_worker[start.worker.partition("@")[0]].append((start.run_at - stopped_at).total_seconds())
        assert start.job.execute_at - start.run_at < timedelta(seconds=STEADY)
    assert max(by_worker["leaving"]) > 0.6, "it starts what is due at once"
    assert max(by_worker["leaving"]) < 0.5 + 2.0, "and nothing else"
    assert max(by_worker["staying"]) > 2.0


def test_nothing_is_late_on_redis(cluster, settings):
    stop_among_jobs(cluster, settings)


@pytest.mark.rabbitmq
class TestRabbitMQ:
    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        return rabbitmq_url

    def test_nothing_is_late(self, cluster, settings):
        stop_among_jobs(cluster, settings)
