"""Workers that are told to stop twice, or at once: what waits starts elsewhere, what a thread runs ends."""

from __future__ import annotations

import signal

import pytest
from celery import current_app
from django.db.models import F

from jobs.models import Attempt, Job, Worker
from jobs.states import State
from launcher.process import send
from tests.brokers import purge
from tests.integration.conftest import EXACTLY_ONCE, all_final, messages, wait_for
from tests.integration.steps import create, publish, states

pytestmark = [pytest.mark.processes]

# Each worker takes from the queue of its own name.
STOPS = {
    "quit": ("threads", [signal.SIGQUIT]),
    "twice": ("threads", [signal.SIGTERM, signal.SIGTERM]),
    "children": ("prefork", [signal.SIGQUIT]),
}
LEAD = 3  # seconds: a job is armed for long enough to be hit
LONG_LEAD = {"JOBS_ARM_LEAD": str(LEAD), "JOBS_LOOK_AHEAD": str(LEAD + 1), "JOBS_MIN_PREPARE_TIME": "10"}


@pytest.fixture
def broker_url(broker_url):
    for queue in STOPS:
        purge(broker_url, queue)
    return broker_url


class Held:
    """What a worker has when it is told to stop."""

    def __init__(self, queue, pool):
        body = {"seconds": 600 if pool == "prefork" else 6}
        self.running = create(1, payload=body, queue=queue)
        self.again = create(1, payload=body, queue=queue, rerunnable=True, max_attempts=2)
        self.armed = create(1 + LEAD, "demo.noop", queue=queue)
        self.waiting = [create(5 + LEAD, "demo.noop", queue=queue) for _ in range(3)]
        self.started = self.running, self.again, self.armed


def stop(cluster):
    stopping = {name: cluster.processes.pop(name) for name in STOPS}
    for name, (_, numbers) in STOPS.items():
        send(stopping[name], numbers[0])
    for name, (_, numbers) in STOPS.items():
        for number in numbers[1:]:
            wait_for(lambda name=name: "Warm shutdown" in cluster.log(name), f"{name} to begin its stop")
            send(stopping[name], number)
    return stopping


def test_a_stop_that_does_not_wait(cluster, broker_url):
    for name, (pool, _) in STOPS.items():
        cluster.launch(name, pool=pool, slots=3, queues=name, **LONG_LEAD)
    cluster.launch("other", slots=9)
    cluster.ready(*STOPS, "other")
    held = {name: Held(name, pool) for name, (pool, _) in STOPS.items()}
    publish()
    for name, hers in held.items():
        wait_for(lambda name=name: cluster.log(name).count("received") == 6, f"{name} to hold its messages")
        running = Job.objects.running().filter(pk__in=hers.started)
        wait_for(lambda running=running: running.count() == 3, f"{name} to run and arm what it can")
    for queue in STOPS:
        current_app.control.add_consumer(queue, destination=[Worker.objects.get(queues=["default"]).name])
    stopped = stop(cluster)

    waiting = [pk for hers in held.values() for pk in hers.waiting]
    wait_for(lambda: all_final(*waiting), "the other worker to run what waited")
    assert set(Attempt.objects.filter(job__in=waiting).values_list("outcome", flat=True)) == {State.COMPLETED}
    assert {worker.partition("@")[0] for worker in starters(waiting)} == {"other"}
    assert not Job.objects.filter(execute_at__lt=F("run_at")).exists()

    for process in stopped.values():
        assert process.wait(60) == 0
    on_threads = [pk for name in ("quit", "twice") for pk in held[name].started]
    assert states(on_threads) == {State.COMPLETED}, "a thread cannot be stopped: what it has begun it ends"
    cut_short = held["children"].started
    for attempt in Attempt.objects.filter(job__in=cut_short, number=1):
        assert attempt.outcome == State.INTERRUPTED
        assert "Its process was told to stop" in attempt.error
    assert states([held["children"].running, held["children"].armed]) == {State.INTERRUPTED}
    assert Job.objects.get(pk=held["children"].again).version == 2, "it is rerunnable: due again"
    assert Attempt.objects.filter(number=1).count() == Job.objects.count(), EXACTLY_ONCE
    assert not Attempt.objects.filter(number=2).exclude(job=held["children"].again).exists()
    cluster.stop("other", signal.SIGKILL)
    assert [messages(broker_url, queue) for queue in STOPS] == [0, 0, 0]


def starters(ids):
    return set(Attempt.objects.filter(job__in=ids).values_list("worker", flat=True))
