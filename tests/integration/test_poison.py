"""Jobs that take their process with them, workers that are stopped in mid-body: nobody starts such a job again."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import timedelta

import pytest

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job, Worker
from jobs.rules import NewJob
from jobs.states import State
from project.local.process import send
from tests.integration import poison
from tests.integration.conftest import all_final, messages, wait_for

pytestmark = [pytest.mark.processes]


class Bodies:
    """Jobs whose bodies leave their keys in a file."""

    def __init__(self, cluster, file):
        self.cluster, self.file = cluster, file
        self.file.touch()

    def launch(self, name, **more):
        return self.cluster.launch(name, targets=poison.__name__, **{poison.ENTRIES: str(self.file)}, **more)

    def worker(self, name, **more):
        process = self.launch(name, **more)
        self.cluster.ready(name)
        return process

    def create(self, after, target, key, **payload):
        """Past the rules, since this process does not know the targets."""
        now = clock.now()
        new = NewJob(f"poison.{target}", {"key": key, **payload}, now + timedelta(seconds=after))
        return transitions.create(new, now=now)[0].pk

    def entered(self):
        return Counter(self.file.read_text().split("\n")[:-1])


@pytest.fixture
def bodies(cluster, tmp_path):
    return Bodies(cluster, tmp_path / "entries")


def states(*ids):
    return {Job.objects.get(pk=pk).state for pk in ids}


def test_children_that_die_of_their_jobs_are_replaced_and_a_stubborn_one_is_waited_for(cluster, bodies, broker_url):
    cluster.beat()
    parent = bodies.worker("w1", slots=2, pool="prefork")
    deaths = {
        bodies.create(1.0, "segfault", "segfault"): "signal 11 (SIGSEGV)",
        bodies.create(1.5, "leave", "seven", code=7): "exitcode 7",
        bodies.create(2.0, "out_of_memory", "memory"): "signal 9 (SIGKILL)",
        bodies.create(2.5, "leave", "zero", code=0): "exitcode 0",
    }
    others = [bodies.create(1 + n / 4, "patient", f"other {n}", seconds=0.05) for n in range(12)]
    wait_for(lambda: all_final(*deaths, *others), "all jobs to be settled")
    for job in Job.objects.filter(pk__in=deaths):
        assert job.state == State.INTERRUPTED
        assert "Its process died" in job.reason
        assert deaths[job.pk] in job.reason
    assert states(*others) == {State.COMPLETED}
    assert parent.poll() is None

    stubborn = bodies.create(0.5, "stubborn", "stubborn", seconds=2)
    wait_for(lambda: "stubborn" in bodies.entered(), "the stubborn body")
    os.killpg(parent.pid, signal.SIGTERM)  # to each of its processes, as a service manager does it
    assert parent.wait(60) == 0
    assert states(stubborn) == {State.COMPLETED}
    assert set(bodies.entered().values()) == {1}
    assert Attempt.objects.count() == len(deaths) + len(others) + 1
    assert messages(broker_url) == 0, "nothing goes back to the queue"


def test_a_worker_that_dies_of_a_job_and_one_that_is_stopped_in_its_body(cluster, bodies, broker_url):
    """On threads, a job takes its whole worker along. The other one wakes up when it has been declared gone."""
    cluster.beat()
    asleep = bodies.worker("asleep", slots=1)
    late = bodies.create(0.5, "patient", "late", seconds=1)
    wait_for(lambda: "late" in bodies.entered(), "the body of the worker that will be stopped")
    send(asleep, signal.SIGSTOP)

    victim = bodies.worker("victim", slots=3)
    deadly = bodies.create(0.5, "segfault", "deadly")
    beside = bodies.create(0.2, "patient", "beside", seconds=600)
    assert victim.wait(60) == -signal.SIGSEGV
    del cluster.processes["victim"]
    bodies.worker("victim", slots=3)  # as a service manager starts it again: under the same name
    others = [bodies.create(n / 2, "patient", f"other {n}", seconds=0.05) for n in range(1, 7)]

    wait_for(lambda: all_final(deadly, beside, late, *others), "all jobs to be settled")
    assert states(*others) == {State.COMPLETED}
    for job in Job.objects.filter(pk__in=[deadly, beside, late]):
        assert job.state == State.INTERRUPTED
        assert "The worker vanished after the start" in job.reason

    send(asleep, signal.SIGCONT)
    wait_for(lambda: "Ended as completed" in Attempt.objects.get(job=late).error, "the late end, as evidence")
    job, attempt = Job.objects.get(pk=late), Attempt.objects.get(job=late)
    assert (job.state, attempt.outcome) == (State.INTERRUPTED, State.INTERRUPTED)
    assert (job.execute_at, attempt.started_at is not None) == (None, True)
    assert "its end is in the ledger" in cluster.log("asleep")

    wait_for(lambda: Worker.objects.present().count() == 2, "the woken worker to go on as a new session")
    assert set(bodies.entered().values()) == {1}
    assert Attempt.objects.count() == 3 + len(others)
    for name in ("asleep", "victim"):
        cluster.stop(name)
    assert messages(broker_url) == 0, "nothing goes back to the queue"
