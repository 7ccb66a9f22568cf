"""Redis/Valkey and RabbitMQ, and a broker that is away."""

from __future__ import annotations

import signal

import pytest

from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from launcher.home import temporary_home
from launcher.process import send, stop
from launcher.servers.binaries import find_valkey
from launcher.servers.valkey import Valkey
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for
from tests.integration.steps import create, graceful_stop, insert

pytestmark = [pytest.mark.processes]


@pytest.mark.rabbitmq
class TestRabbitMQ:
    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        return rabbitmq_url

    def test_jobs_start_on_time_and_once(self, cluster):
        cluster.beat()
        cluster.workers("w1", "w2")
        jobs = [create(1), create(2), *[insert(after="6 seconds") for _ in range(6)]]
        wait_for(lambda: all_final(*jobs), "all jobs to end")
        assert {j.state for j in Job.objects.filter(pk__in=jobs)} == {State.COMPLETED}
        assert all(j.run_at <= j.execute_at for j in Job.objects.filter(pk__in=jobs))
        assert Attempt.objects.count() == len(jobs), EXACTLY_ONCE
        assert not WorkerLog.objects.filter(action="ACQUIRE_FAILURE").exists()

    def test_a_graceful_stop_hands_back_at_once_what_waits_and_ends_what_runs(self, cluster, settings):
        graceful_stop(cluster, settings)

    def test_a_killed_worker_gives_its_waiting_jobs_back(self, cluster, settings):
        settings.JOBS_LOOK_AHEAD = 20.0  # so that they wait there
        cluster.environment["JOBS_LOOK_AHEAD"] = "20"
        cluster.beat()
        cluster.launch("victim")
        cluster.launch("survivor", queues="other")
        cluster.ready("victim", "survivor")
        jobs = [create(6) for _ in range(4)]
        wait_for(lambda: cluster.log("victim").count("received") == 4, "the victim to hold all four")
        cluster.add_consumer("survivor")
        cluster.stop("victim", signal.SIGKILL)
        wait_for(lambda: all_final(*jobs), "the survivor to run them")
        assert {j.state for j in Job.objects.filter(pk__in=jobs)} == {State.COMPLETED}
        assert Attempt.objects.count() == len(jobs), EXACTLY_ONCE


class TestNoBroker:
    """Our own Valkey, which the test stops and starts."""

    @pytest.fixture
    def valkey(self):
        with temporary_home() as home:
            server = Valkey(home, find_valkey(home), durable=False)
            running = {"process": server.start()}

            def down():
                stop(running["process"], server.farewell)

            def up():
                running["process"] = server.start()

            server.down, server.up = down, up
            yield server
            send(running["process"], signal.SIGKILL)
            running["process"].wait()

    @pytest.fixture
    def broker_url(self, valkey):
        return valkey.url()

    def test_jobs_are_accepted_without_a_broker_and_start_when_it_is_back(self, cluster, valkey):
        cluster.beat()
        cluster.worker("w1")
        first = create(2)
        wait_for(lambda: all_final(first), "a first job to run")
        valkey.down()
        accepted = [insert(after="1 second") for _ in range(3)]
        wait_for(lambda: "the broker cannot be reached" in cluster.log("beat"), "beat to notice")
        assert cluster.processes["beat"].poll() is None
        assert {j.state for j in Job.objects.filter(pk__in=accepted)} == {State.PENDING}
        valkey.up()
        wait_for(lambda: all_final(*accepted), "the jobs to start")
        assert {j.state for j in Job.objects.filter(pk__in=accepted)} == {State.COMPLETED}
        assert Attempt.objects.count() == 4, EXACTLY_ONCE

    def test_what_waits_in_a_worker_starts_at_its_time_while_the_broker_is_away(self, cluster, valkey, settings):
        settings.JOBS_LOOK_AHEAD = 20.0  # so that they wait there
        cluster.environment["JOBS_LOOK_AHEAD"] = "20"
        cluster.beat()
        cluster.worker("w1")
        jobs = [create(n) for n in (5, 5.5, 6)]
        wait_for(lambda: cluster.log("w1").count("received") == 3, "the worker to hold all three")
        valkey.down()
        wait_for(lambda: all_final(*jobs), "the jobs to start")
        valkey.up()
        found = Job.objects.filter(pk__in=jobs)
        assert {j.state for j in found} == {State.COMPLETED}
        assert Attempt.objects.count() == 3, EXACTLY_ONCE
        assert max((j.execute_at - j.run_at).total_seconds() for j in found) < 2
