"""A worker on threads says where its jobs are in their code; one with processes says that it cannot."""

from __future__ import annotations

import pytest
from celery import current_app
from kombu import Connection

from jobs.models import Attempt, Job, Worker
from jobs.models.querysets import Listed
from jobs.nodes import stacks
from jobs.publishing.messages import send as send_message
from tests.integration.conftest import wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]
ASLEEP = {"seconds": 60}


def row(name):
    return Worker.objects.get(name__startswith=f"{name}@")


def runs(url):
    """Have a job run, by whichever worker takes it; return its id."""
    job_id = create(0, payload=ASLEEP)
    with Connection(url) as connection, current_app.amqp.Producer(connection) as producer:
        for job in Job.objects.filter(pk=job_id, enqueued_at=None):
            send_message(Listed.first(job), producer)
    wait_for(lambda: Attempt.objects.of_running().filter(job=job_id).exists(), "the job to run")
    return job_id


def test_threads_say_it_with_places_and_no_values(cluster, broker_url):
    cluster.launch("threads")
    cluster.ready("threads")
    job_id = runs(broker_url)
    name = row("threads").name
    answer = []

    def says():
        answer.append(stacks.ask(name, [job_id, job_id + 1_000_000]))
        stack = answer[-1].stacks.get(job_id)
        return stack is not None and bool(stack.frames)

    wait_for(says, "the worker to say where the job is")
    assert list(answer[-1].stacks) == [job_id]
    frames = answer[-1].stacks[job_id].frames
    assert frames[0].module == "jobs.targets.demo"
    assert frames[0].function == "sleep"
    assert not [one for one in frames if "60" in one.code]
    wait_for(lambda: row("threads").versions.get("RunAt"), "its row to say its versions")
    assert row("threads").waiting == 0


def test_processes_say_that_they_cannot(cluster, broker_url):
    cluster.launch("children", pool="prefork", slots=2)
    cluster.ready("children")
    job_id = runs(broker_url)
    assert stacks.ask(row("children").name, [job_id]).why == stacks.PROCESSES


def test_a_worker_that_is_not_there_is_said_not_to_answer(cluster, broker_url):
    assert stacks.ask("nobody@host", [1]).why == stacks.NO_ANSWER
