"""Jobs that take their process with them, and a worker that is stopped in mid-body: nobody starts such a job again."""

from __future__ import annotations

import os
import signal

import pytest

from jobs.models import Attempt, Job, Worker
from jobs.states import State
from launcher.process import send
from tests.brokers import purge
from tests.integration.conftest import EXACTLY_ONCE, all_final, messages, wait_for

pytestmark = [pytest.mark.processes]

# Each worker takes from the queue of its own name.
WORKERS = {"children": ("prefork", 2), "victim": ("threads", 3), "asleep": ("threads", 1)}


@pytest.fixture
def broker_url(broker_url):
    for queue in WORKERS:
        purge(broker_url, queue)
    return broker_url


def launch(bodies, name):
    pool, slots = WORKERS[name]
    return bodies.launch(name, pool=pool, slots=slots, queues=name)


def create_deaths_of_children(bodies):
    """What the reasons of these jobs must name."""
    return {
        bodies.create(1.0, "segfault", "segfault", queue="children"): "signal 11 (SIGSEGV)",
        bodies.create(1.5, "leave", "seven", queue="children", code=7): "exitcode 7",
        bodies.create(2.0, "out_of_memory", "memory", queue="children"): "signal 9 (SIGKILL)",
        bodies.create(2.5, "leave", "zero", queue="children", code=0): "exitcode 0",
    }


def create_harmless(bodies, queue):
    return [bodies.create(1 + n / 2, "patient", f"{queue} {n}", queue=queue, seconds=0.05) for n in range(6)]


def states(*ids):
    return set(Job.objects.filter(pk__in=ids).values_list("state", flat=True))


def test_jobs_that_take_their_process_with_them(cluster, bodies, broker_url):
    cluster.beat()
    processes = {name: launch(bodies, name) for name in WORKERS}
    cluster.ready(*WORKERS)

    late = bodies.create(0.5, "patient", "late", queue="asleep", seconds=1)
    wait_for(lambda: "late" in bodies.entered(), "the body of the worker that will be stopped")
    send(processes["asleep"], signal.SIGSTOP)

    deaths, beside_deaths = create_deaths_of_children(bodies), create_harmless(bodies, "children")
    beside = bodies.create(0.2, "patient", "beside", queue="victim", seconds=600)
    deadly = bodies.create(0.5, "segfault", "deadly", queue="victim")
    assert processes["victim"].wait(60) == -signal.SIGSEGV, "on threads a job takes its whole worker along"
    launch(bodies, "victim")  # as a service manager starts it again: under the same name
    after_death = create_harmless(bodies, "victim")

    wait_for(all_final, "all jobs to be settled")
    assert states(*beside_deaths, *after_death) == {State.COMPLETED}
    for job in Job.objects.filter(pk__in=deaths):
        assert job.state == State.INTERRUPTED
        assert "Its process died" in job.reason
        assert deaths[job.pk] in job.reason
    for job in Job.objects.filter(pk__in=[deadly, beside, late]):
        assert job.state == State.INTERRUPTED
        assert "The worker vanished after the start" in job.reason

    stubborn = bodies.create(0.5, "stubborn", "stubborn", queue="children", seconds=2)
    wait_for(lambda: "stubborn" in bodies.entered(), "the stubborn body")
    parent = processes["children"]
    assert parent.poll() is None
    os.killpg(parent.pid, signal.SIGTERM)  # to each of its processes, as a service manager may do it

    send(processes["asleep"], signal.SIGCONT)
    wait_for(lambda: "Ended as completed" in Attempt.objects.get(job=late).error, "the late end, as evidence")
    job, attempt = Job.objects.get(pk=late), Attempt.objects.get(job=late)
    assert (job.state, attempt.outcome) == (State.INTERRUPTED, State.INTERRUPTED)
    assert (job.execute_at, attempt.started_at is not None) == (None, True)
    woken = Worker.objects.present().filter(name__startswith="asleep@")
    wait_for(woken.exists, "the woken worker to go on as a new session")

    assert parent.wait(60) == 0
    assert states(stubborn) == {State.COMPLETED}
    for name in ("asleep", "victim"):
        cluster.stop(name)
    assert [messages(broker_url, queue) for queue in WORKERS] == [0, 0, 0], "nothing goes back to its queue"
    assert set(bodies.entered().values()) == {1}
    assert Attempt.objects.count() == Job.objects.count() == len(bodies.entered()), EXACTLY_ONCE
