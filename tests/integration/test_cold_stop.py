"""SIGQUIT to a worker on threads: what it has acquired it ends and records, whatever of Celery's runs beside it; what
waits for later is elsewhere before its time."""

from __future__ import annotations

import signal

import pytest
from celery import current_app

from jobs.models import Attempt, Job, Worker
from jobs.states import State
from launcher.process import send
from tests.brokers import purge
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for
from tests.integration.steps import create, publish, states

pytestmark = [pytest.mark.processes]

BODY = 8  # seconds
LEAD = 3  # seconds: a job is armed for long enough to be hit
LONG_LEAD = {"JOBS_ARM_LEAD": str(LEAD), "JOBS_LOOK_AHEAD": "20", "JOBS_MIN_PREPARE_TIME": "10"}
NAMES = "alone", "beside"  # each takes from the queue of its own name; on `beside` a task of Celery's own runs, too


@pytest.fixture
def broker_url(broker_url):
    for queue in NAMES:
        purge(broker_url, queue)
    return broker_url


def test_what_is_acquired_ends_and_what_waits_is_elsewhere_in_time(cluster, broker_url):
    for name in NAMES:
        cluster.launch(name, slots=5, queues=name, targets="tests.integration.slow_task", **LONG_LEAD)
    cluster.launch("other", slots=4)
    cluster.ready(*NAMES, "other")
    with current_app.connection(broker_url) as broker:
        current_app.send_task("slow.late", [BODY], producer=current_app.amqp.Producer(broker), queue="beside")
    wait_for(lambda: "slow.late[" in cluster.log("beside"), "Celery's own task to run")
    running = {name: create(0.5, payload={"seconds": BODY}, queue=name) for name in NAMES}
    armed = {name: create(2 + LEAD, "demo.noop", queue=name) for name in NAMES}
    waiting = {name: create(3.5 + LEAD, "demo.noop", queue=name) for name in NAMES}
    publish()
    for name in NAMES:
        wait_for(lambda name=name: cluster.log(name).count("jobs.run[") == 3, f"{name} to hold its messages")
        hers = Job.objects.running().filter(pk__in=[running[name], armed[name]])
        wait_for(lambda hers=hers: hers.count() == 2, f"{name} to run one job and to have armed another")
    for queue in NAMES:
        current_app.control.add_consumer(queue, destination=[Worker.objects.get(queues=["default"]).name])
    stopping = {name: cluster.processes.pop(name) for name in NAMES}
    for process in stopping.values():
        send(process, signal.SIGQUIT)

    for process in stopping.values():
        assert process.wait(60) == 0
    acquired = [*running.values(), *armed.values()]
    assert states(acquired) == {State.COMPLETED}, "a thread cannot be stopped: what it has begun it ends"
    wait_for(lambda: all_final(*waiting.values()), "the other worker to run what waited")
    for name in NAMES:
        first = Job.objects.get(pk=running[name])
        starter = Attempt.objects.get(job=waiting[name]).worker.partition("@")[0]
        assert starter == "other"
        assert Job.objects.get(pk=waiting[name]).execute_at < first.finished_at, "not when the last body has ended"
    assert Attempt.objects.count() == Job.objects.count() == 3 * len(NAMES), EXACTLY_ONCE
